// What each function has done with the events of each entity.
import { sql } from 'drizzle-orm'
import { index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import type { EventAttributes } from '../events/received-event.ts'
import { at, bytea } from './columns.ts'

/** Per function and entity, the last sequence done. Its row lock makes deliveries for one entity take turns. */
export const fences = pgTable(
  'fences',
  {
    function: text().notNull(),
    entity: text().notNull(),
    sequence: integer().notNull()
  },
  table => [primaryKey({ columns: [table.function, table.entity] })]
)

/** Events whose effect is in the database, one row per function: written with the effect or not at all. */
export const handledEvents = pgTable(
  'handled_events',
  {
    function: text().notNull(),
    source: text().notNull(),
    eventId: text('event_id').notNull(),
    /** Null for a function that follows no order, as the sequence. */
    entity: text(),
    sequence: integer(),
    /** The moment of the insert, under the fence's lock, so that it follows the sequence; now() is the transaction's start. */
    handledAt: at('handled_at')
      .notNull()
      .default(sql`clock_timestamp()`)
  },
  table => [
    primaryKey({ columns: [table.function, table.source, table.eventId] }),
    index('handled_events_handled_at').on(table.handledAt)
  ]
)

/** Events that came before their turn, byte for byte, until what is missing before them has been done. */
export const heldEvents = pgTable(
  'held_events',
  {
    function: text().notNull(),
    entity: text().notNull(),
    sequence: integer().notNull(),
    source: text().notNull(),
    eventId: text('event_id').notNull(),
    /** The sequence that the function has to have done first; null, as before this column was: the one before its own. */
    predecessor: integer(),
    attributes: jsonb().$type<EventAttributes>().notNull(),
    data: bytea().notNull(),
    heldAt: at('held_at').notNull().defaultNow()
  },
  table => [primaryKey({ columns: [table.function, table.entity, table.sequence] })]
)
