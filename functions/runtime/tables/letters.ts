// What functions failed on.
import { sql } from 'drizzle-orm'
import {
  bigint,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
  uuid
} from 'drizzle-orm/pg-core'
import type { EventAttributes } from '../events/received-event.ts'
import { at, bytea } from './columns.ts'

export const letterClasses = ['invalid', 'permanent', 'exhausted', 'unreachable'] as const

export const letterStates = ['open', 'replaying', 'resolved', 'discarded'] as const

/** How it is known that a letter's event is a real one: functions/deadLetterReplay/letter-origin.ts. */
export const letterOrigins = ['delivered', 'published', 'command', 'unverified'] as const

/** Dead letters: events that a function could not handle, kept whole until they are replayed or discarded. */
export const deadLetters = pgTable(
  'dead_letters',
  {
    id: uuid().primaryKey(),
    function: text().notNull(),
    source: text().notNull(),
    eventId: text('event_id').notNull(),
    /** Absent for an event of no entity's order. */
    entity: text(),
    sequence: integer(),
    /** As of a held event; null also where only Knative saw the event fail. */
    predecessor: integer(),
    class: text({ enum: letterClasses }).notNull(),
    reason: text().notNull(),
    detail: text().notNull(),
    /** Of the last try, where there was an answer. */
    status: smallint(),
    state: text({ enum: letterStates }).notNull().default('open'),
    origin: text({ enum: letterOrigins }).notNull().default('delivered'),
    /** Deliveries that failed, as far as the function could record them; null where only Knative saw them. */
    attempts: integer(),
    /** Where the record was, as the function saw it: on its way to the dead letters Knative overwrites this. */
    topic: text(),
    partition: integer(),
    offset: bigint({ mode: 'number' }),
    /** All of them, whoever asked. */
    replays: integer().notNull().default(0),
    /** Those since what the letter waits for was last seen to appear: they have a limit of their own. */
    automaticReplays: integer('automatic_replays').notNull().default(0),
    attributes: jsonb().$type<EventAttributes>().notNull(),
    data: bytea().notNull(),
    /** The data as JSON where it could be decoded, for searching. */
    decoded: jsonb(),
    /** The second version, which a person wrote: what a replay sends, and all that the event does in its function. */
    editedData: bytea('edited_data'),
    editedAt: at('edited_at'),
    /** Who it was, as far as they said. */
    editedBy: text('edited_by'),
    editedBecause: text('edited_because'),
    /** The key of what makes this letter due when it appears, such as `user:user-9`. */
    waitsFor: text('waits_for'),
    /** From when on the replayer replays it automatically. */
    dueAt: at('due_at'),
    firstFailedAt: at('first_failed_at').notNull().defaultNow(),
    lastFailedAt: at('last_failed_at').notNull().defaultNow(),
    closedAt: at('closed_at'),
    /** How it was closed, in words: by which replay, or why. */
    closedBecause: text('closed_because')
  },
  table => [
    uniqueIndex('dead_letters_event').on(table.function, table.source, table.eventId),
    index('dead_letters_entity').on(table.entity, table.function, table.sequence),
    index('dead_letters_waiting')
      .on(table.waitsFor)
      .where(sql`state in ('open', 'replaying')`),
    index('dead_letters_due')
      .on(table.dueAt)
      .where(sql`state in ('open', 'replaying')`),
    index('dead_letters_closed')
      .on(table.closedAt)
      .where(sql`state in ('resolved', 'discarded')`),
    check('dead_letters_class', sql`class in ('invalid', 'permanent', 'exhausted', 'unreachable')`),
    check('dead_letters_state', sql`state in ('open', 'replaying', 'resolved', 'discarded')`),
    check('dead_letters_origin', sql`origin in ('delivered', 'published', 'command', 'unverified')`)
  ]
)

/** One failed delivery: when, and what was thrown. */
export interface FailedAttempt {
  /** RFC 3339. */
  readonly at: string
  readonly error: string
  /** Of the span that failed, where spans are made. */
  readonly traceparent?: string
}

/**
 * Deliveries that failed, one row per function and event, whoever saw the last of them. It stays when the event succeeds
 * later, so that a success costs nothing: who asks what is failing leaves out what is in handled_events.
 */
export const failures = pgTable(
  'failures',
  {
    function: text().notNull(),
    source: text().notNull(),
    eventId: text('event_id').notNull(),
    type: text().notNull(),
    entity: text(),
    sequence: integer(),
    topic: text(),
    partition: integer(),
    offset: bigint({ mode: 'number' }),
    traceId: text('trace_id'),
    /** All of them; `errors` holds the newest. */
    attempts: integer().notNull().default(1),
    errors: jsonb().$type<readonly FailedAttempt[]>().notNull(),
    /** Of the last error, by lines of the sources. */
    stack: text().notNull(),
    /** The event as it was delivered, for whoever retries it at once; null once a letter has it. */
    attributes: jsonb().$type<EventAttributes>(),
    data: bytea(),
    firstFailedAt: at('first_failed_at').notNull().defaultNow(),
    lastFailedAt: at('last_failed_at').notNull().defaultNow()
  },
  table => [
    primaryKey({ columns: [table.function, table.source, table.eventId] }),
    index('failures_last_failed_at').on(table.lastFailedAt)
  ]
)
