// What is wrong with a command about a student that is not there, or no longer as its caller has seen it.
import { Problem } from '../runtime/host/problem.ts'

export const unknownStudent = (id: string) =>
  new Problem(404, 'unknown-student', 'Unknown student', `no student has the id ${id}`)

export const versionConflict = (current: number, from: number) =>
  new Problem(
    409,
    'version-conflict',
    'Version conflict',
    `version: the student is at ${current}, the change was made from ${from}`
  )
