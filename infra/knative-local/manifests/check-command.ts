// `check [FILE-or-DIR...]`: says everything that is wrong with the YAML, and starts nothing.
import { loadPlan } from './load-plan.ts'
import { formatProblems } from './problem.ts'

export interface CheckOutput {
  readonly write: (text: string) => void
  readonly colour: boolean
  /** A reference to an object that no file declares is an error: these are all the files there are. */
  readonly complete?: boolean
  /** Objects that are elsewhere, as `namespace/name`. */
  readonly resolved?: ReadonlySet<string>
  /** Every other sink is elsewhere. */
  readonly anySink?: boolean
  /** Secrets that are elsewhere, as `namespace/name`. */
  readonly secrets?: ReadonlySet<string>
}

/** Returns the exit status: 0 when nothing is an error, 1 otherwise. What a file names and does not declare is no error of the file. */
export async function checkCommand(paths: readonly string[], output: CheckOutput): Promise<0 | 1> {
  const { plan, problems } = await loadPlan(paths, {
    complete: output.complete ?? false,
    ...(output.resolved && { resolved: output.resolved }),
    ...(output.anySink && { anySink: output.anySink }),
    ...(output.complete !== true && { secrets: output.secrets ?? new Set() })
  })
  if (problems.length > 0) output.write(`${formatProblems(problems, { colour: output.colour })}\n`)
  const count = (wanted: string) => problems.filter(({ level }) => level === wanted).length
  const missing = count('missing')
  const found = [
    counted(count('error'), 'error'),
    ...(missing === 0 ? [] : [`${missing} missing`]),
    counted(count('warning'), 'warning')
  ].join(', ')
  output.write(plan === undefined ? `${found}\n` : `${counted(plan.objects.length, 'object')}: ${found}\n`)
  return plan === undefined || plan.objects.length === 0 ? 1 : 0
}

function counted(count: number, noun: string): string {
  return `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`
}
