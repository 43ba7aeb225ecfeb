// Which letters are meant: the same words in a query string, in a command and in an event.
import { and, eq, gte, inArray, lt, type SQL, sql } from 'drizzle-orm'
import * as z from 'zod'
import { line } from '../runtime/events/command.ts'
import { invalidFields } from '../runtime/host/problem.ts'
import { deadLetters, letterStates } from '../runtime/tables/letters.ts'

/** In years that PostgreSQL and RFC 3339 both write with four digits. */
const moment = z.iso.datetime({ offset: true }).refine(text => {
  const year = new Date(text).getUTCFullYear()
  return year >= 1 && year <= 9999
}, 'must be between the years 1 and 9999')

const filter = {
  function: line(100).optional(),
  reason: line(100).optional(),
  type: line(200).optional(),
  student: line(64).optional(),
  /** Of the last failure. */
  since: moment.optional(),
  until: moment.optional(),
  /** In the decoded data. */
  text: line(200).optional()
}
type Filter = z.infer<z.ZodObject<typeof filter>>

export const LetterQuery = z.strictObject({
  ...filter,
  state: z.enum(letterStates).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  /** The id of the last letter of the page before. */
  after: z.uuid().optional()
})
export type LetterQuery = z.infer<typeof LetterQuery>

export const GroupQuery = z.strictObject({ ...filter, state: z.enum(letterStates).optional() })
export type GroupQuery = z.infer<typeof GroupQuery>

export const ReplayCommand = z.strictObject({
  ...filter,
  ids: z.array(z.uuid('must be the id of a letter')).max(1_000).optional(),
  dryRun: z.boolean().default(false),
  name: line(100).default('replay'),
  canary: z.int().min(0).max(1_000).default(0),
  rate: z.int().min(0).max(10_000).default(0),
  concurrency: z.int().min(1).max(64).default(8),
  stopAfter: z.int().min(0).max(1_000_000).default(0),
  force: z.boolean().default(false)
})
export type ReplayCommand = z.infer<typeof ReplayCommand>

/** What a person may ask for besides, over HTTP: an event of anybody's cannot have unverified letters replayed. */
export const ReplayRequest = ReplayCommand.extend({ unverified: z.boolean().optional() })
export type ReplayRequest = z.infer<typeof ReplayRequest>

/** @throws Problem 400 that names every parameter that is wrong or unknown */
export function readQuery<Schema extends z.ZodType>(schema: Schema, query: URLSearchParams): z.infer<Schema> {
  const parsed = schema.safeParse(Object.fromEntries(query))
  if (!parsed.success) throw invalidFields(parsed.error)
  return parsed.data
}

export function matches(wanted: Filter & { readonly ids?: readonly string[] }): SQL | undefined {
  const { ids = [], type, text } = wanted
  const given = <Value>(value: Value | undefined, condition: (value: Value) => SQL) =>
    value === undefined ? undefined : condition(value)
  return and(
    ids.length === 0 ? undefined : inArray(deadLetters.id, [...ids]),
    given(wanted.function, name => eq(deadLetters.function, name)),
    given(wanted.reason, reason => eq(deadLetters.reason, reason)),
    given(wanted.student, student => eq(deadLetters.entity, student)),
    given(type, () => sql`${deadLetters.attributes}->>'type' = ${type}`),
    given(wanted.since, since => gte(deadLetters.lastFailedAt, new Date(since))),
    given(wanted.until, until => lt(deadLetters.lastFailedAt, new Date(until))),
    given(text, () => sql`position(lower(${text}) in lower(${deadLetters.decoded}::text)) > 0`)
  )
}
