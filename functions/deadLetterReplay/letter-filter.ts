// Which letters are meant: the same words in a query string, in a command and in an event.
import { and, eq, inArray, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import { line } from '../shared/command.ts'
import { deadLetters, letterStates } from '../shared/tables.ts'

const filter = {
  function: line(100).optional(),
  reason: line(100).optional(),
  student: line(64).optional()
}

export const LetterQuery = z.strictObject({
  ...filter,
  state: z.enum(letterStates).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  /** The id of the last letter of the page before. */
  after: z.uuid().optional()
})
export type LetterQuery = z.infer<typeof LetterQuery>

export const ReplayCommand = z.strictObject({
  ...filter,
  ids: z.array(z.uuid('must be the id of a letter')).max(1_000).optional(),
  dryRun: z.boolean().default(false)
})
export type ReplayCommand = z.infer<typeof ReplayCommand>

export function matches(wanted: {
  ids?: readonly string[]
  function?: string
  reason?: string
  student?: string
}): SQL | undefined {
  return and(
    wanted.ids === undefined || wanted.ids.length === 0 ? undefined : inArray(deadLetters.id, [...wanted.ids]),
    wanted.function === undefined ? undefined : eq(deadLetters.function, wanted.function),
    wanted.reason === undefined ? undefined : eq(deadLetters.reason, wanted.reason),
    wanted.student === undefined ? undefined : eq(deadLetters.studentId, wanted.student)
  )
}
