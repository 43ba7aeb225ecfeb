// Letters for people: newest first, decoded, with what waits behind each.
import { fromBinary, toJson } from '@bufbuild/protobuf'
import { and, desc, eq, lt, sql } from 'drizzle-orm'
import type { Database } from '../shared/database.ts'
import type { EventAttributes } from '../shared/received-event.ts'
import { eventSchemasByType } from '../shared/student-events.ts'
import { deadLetters } from '../shared/tables.ts'
import { type LetterQuery, matches } from './letter-filter.ts'

export async function readLetters(db: Database, query: LetterQuery) {
  const rows = await db
    .select({
      letter: deadLetters,
      held: sql<number>`(
        select count(*)::int from held_events
        where held_events.function = dead_letters.function and held_events.student_id = dead_letters.student_id
      )`
    })
    .from(deadLetters)
    .where(
      and(
        matches(query),
        query.state === undefined ? undefined : eq(deadLetters.state, query.state),
        query.after === undefined ? undefined : lt(deadLetters.id, query.after)
      )
    )
    .orderBy(desc(deadLetters.id))
    .limit(query.limit + 1)
  const page = rows.slice(0, query.limit)
  const next = rows.length > query.limit ? page.at(-1)?.letter.id : undefined
  return { deadLetters: page.map(({ letter, held }) => describeLetter(letter, held)), ...(next ? { next } : {}) }
}

function describeLetter(letter: typeof deadLetters.$inferSelect, held: number) {
  return {
    id: letter.id,
    function: letter.function,
    reason: letter.reason,
    class: letter.class,
    state: letter.state,
    detail: letter.detail,
    status: letter.status,
    attempts: letter.attempts,
    replays: letter.replays,
    firstFailedAt: letter.firstFailedAt,
    lastFailedAt: letter.lastFailedAt,
    closedAt: letter.closedAt,
    /** Later events of the same student that wait behind this letter. */
    held,
    event: letter.attributes,
    data: decodeData(letter.attributes, letter.data)
  }
}

/** The message as JSON where its type is known, JSON as it is, and anything else as base64. */
export function decodeData(attributes: EventAttributes, data: Buffer): unknown {
  const schema = eventSchemasByType.get(attributes.type ?? '')
  try {
    if (schema !== undefined) return toJson<typeof schema>(schema, fromBinary<typeof schema>(schema, data))
    if (/json/i.test(attributes.datacontenttype ?? '')) return JSON.parse(data.toString('utf8'))
  } catch {
    // Not what it says it is, which may be why it is here: shown as the bytes it is.
  }
  return data.length === 0 ? null : { base64: data.toString('base64') }
}
