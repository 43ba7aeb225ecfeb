/** False where the event of a sequence is known to be of a type that the function does not accept. */
export const isAccepted = (fn: string, student: string, sequence: string) => `
  not exists (
    select from audit_types known join audit_functions taking on taking.function = ${fn}
    where known.student = ${student} and known.sequence = ${sequence} and known.type <> all (taking.accepts))`
