import { index, jsonb, pgTable, primaryKey, smallint, text } from 'drizzle-orm/pg-core'
import { at } from './columns.ts'

/** Answers already given to commands, so that a repeated command is answered again and not done again. */
export const commandAnswers = pgTable(
  'command_answers',
  {
    function: text().notNull(),
    /** The Idempotency-Key, or the event's source and id. */
    key: text().notNull(),
    requestDigest: text('request_digest').notNull(),
    status: smallint().notNull(),
    body: jsonb().notNull(),
    createdAt: at('created_at').notNull().defaultNow()
  },
  table => [
    primaryKey({ columns: [table.function, table.key] }),
    index('command_answers_created_at').on(table.createdAt)
  ]
)
