// What PostgreSQL knows of a student: its row, its directory entry, its user, its events, and whatever did not go well with them.
import type { Pool } from 'pg'
import { traceId } from '../../../../functions/runtime/host/trace.ts'

export interface StudentRows {
  /** Null once it has been deleted. */
  readonly student: {
    readonly userId: string
    readonly name: string
    readonly email: string
    readonly version: number
    readonly createdAt: string
    readonly updatedAt: string
  } | null
  readonly directory: {
    readonly status: string
    readonly name: string | null
    readonly email: string | null
    readonly version: number
    readonly updatedAt: string
  } | null
  /** Null where there is none, or nobody knows which one it was. */
  readonly user: { readonly id: string; readonly createdAt: string } | null
  readonly events: readonly EventRow[]
  readonly letters: readonly LetterRow[]
}

export interface EventRow {
  readonly id: string
  readonly source: string
  readonly type: string
  readonly sequence: number
  /** When its row was written, or what the event says where that row is gone. */
  readonly at: string
  /** Null once its row in the outbox is gone. */
  readonly topic: string | null
  readonly traceId: string | null
}

export interface LetterRow {
  readonly id: string
  readonly eventId: string
  readonly function: string
  readonly sequence: number | null
  readonly type: string
  readonly reason: string
  readonly detail: string
  readonly state: string
  readonly waitsFor: string | null
  readonly firstFailedAt: string
  readonly editedAt: string | null
  readonly editedBy: string | null
  readonly editedBecause: string | null
  readonly closedAt: string | null
  readonly closedBecause: string | null
}

/** Of each list: a student with more is shown with its newest. */
const limit = 500

/** Times as RFC 3339 text, to the millisecond. */
const time = (column: string) =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "${camel(column)}"`
const camel = (column: string) => column.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())

export async function studentRows(database: Pool, id: string): Promise<StudentRows> {
  const rows = async <Row extends object>(sql: string, ...values: readonly unknown[]) =>
    (await database.query<Row>(sql, [id, ...values])).rows
  const [[student], [directory], written, seen, letters] = await Promise.all([
    rows<NonNullable<StudentRows['student']>>(
      `select user_id as "userId", name, email, version, ${time('created_at')}, ${time('updated_at')} from students where id = $1`
    ),
    rows<NonNullable<StudentRows['directory']>>(
      `select status, name, email, version, ${time('updated_at')} from directory where student_id = $1`
    ),
    rows<EventRow & { readonly traceparent: string }>(
      `select id::text, source, type, sequence::int, topic, traceparent, ${time('created_at').replace('"createdAt"', 'at')}
       from outbox where subject = $1 order by sequence desc limit ${limit}`
    ),
    rows<EventRow>(
      `select event_id as id, source, type, sequence, time as at from timeline where student_id = $1 order by sequence desc limit ${limit}`
    ),
    rows<LetterRow>(
      `select id::text, event_id as "eventId", function, sequence, attributes->>'type' as type, reason, detail, state,
         waits_for as "waitsFor", ${time('first_failed_at')}, ${time('edited_at')}, edited_by as "editedBy",
         edited_because as "editedBecause", ${time('closed_at')}, closed_because as "closedBecause"
       from dead_letters where entity = $1 order by id desc limit ${limit}`
    )
  ])
  const [user] = student
    ? await rows<{ id: string; createdAt: string }>(
        `select id, ${time('created_at')} from users where id = $2 and $1 <> ''`,
        student.userId
      )
    : []
  const inOutbox = new Set(written.map(event => event.id))
  const events = [
    ...written.map(({ traceparent, ...event }) => ({ ...event, traceId: traceId(traceparent) ?? null })),
    ...seen.filter(event => !inOutbox.has(event.id)).map(event => ({ ...event, topic: null, traceId: null }))
  ]
  return {
    student: student ?? null,
    directory: directory ?? null,
    user: user ?? null,
    events: events.toSorted((one, other) => one.sequence - other.sequence),
    letters
  }
}
