// The functions that follow each student in order, and where each of them starts.

/** The sequence before the first one a function sees. onStudentUpdate never sees sequence 1, the create. */
export const startsAfter = { onStudentCreate: 0, onStudentUpdate: 1, onAnyStudent: 0 } as const

/** Undefined for a function that follows no student. */
export function startOf(functionName: string): number | undefined {
  return Object.entries(startsAfter).find(([name]) => name === functionName)?.[1]
}
