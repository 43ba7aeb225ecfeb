// Replays of dead letters.
import { sql } from 'drizzle-orm'
import {
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
import { at } from './columns.ts'
import { deadLetters } from './letters.ts'

export const replayJobStates = ['running', 'done', 'stopped', 'aborted'] as const

/** A replay: which letters, how fast, and how it went. It outlives the request and the process that started it. */
export const replayJobs = pgTable(
  'replay_jobs',
  {
    id: uuid().primaryKey(),
    name: text().notNull(),
    /** The filter and the options as they were asked for. */
    command: jsonb().notNull(),
    state: text({ enum: replayJobStates }).notNull().default('running'),
    /** Why it was stopped or aborted. */
    detail: text(),
    /** Letters to try alone first; the rest follows when all of them succeed. */
    canary: integer().notNull().default(0),
    /** Letters a second; 0 is as fast as the functions answer. */
    rate: integer().notNull().default(0),
    concurrency: integer().notNull(),
    /** Failures after which it stops; 0 is never. */
    stopAfter: integer('stop_after').notNull().default(0),
    nextSendAt: at('next_send_at').notNull().defaultNow(),
    createdAt: at('created_at').notNull().defaultNow(),
    finishedAt: at('finished_at')
  },
  table => [
    index('replay_jobs_running')
      .on(table.id)
      .where(sql`state = 'running'`),
    check('replay_jobs_state', sql`state in ('running', 'done', 'stopped', 'aborted')`)
  ]
)

export const replayItemStates = ['waiting', 'sending', 'resolved', 'failed', 'skipped'] as const

/** What a replay did with each letter: its audit. */
export const replayItems = pgTable(
  'replay_items',
  {
    jobId: uuid('job_id')
      .notNull()
      .references(() => replayJobs.id, { onDelete: 'cascade' }),
    letterId: uuid('letter_id')
      .notNull()
      .references(() => deadLetters.id, { onDelete: 'cascade' }),
    /** The order in the job: that of each entity's events. */
    position: integer().notNull(),
    state: text({ enum: replayItemStates }).notNull().default('waiting'),
    tries: integer().notNull().default(0),
    status: smallint(),
    detail: text(),
    notBefore: at('not_before').notNull().defaultNow(),
    /** While sending: until when the replayer that took it is believed to be alive. */
    leasedUntil: at('leased_until'),
    finishedAt: at('finished_at')
  },
  table => [
    primaryKey({ columns: [table.jobId, table.position] }),
    // Two replays of one letter at once: the second finds it taken.
    uniqueIndex('replay_items_one_at_a_time')
      .on(table.letterId)
      .where(sql`state in ('waiting', 'sending')`),
    index('replay_items_letter').on(table.letterId),
    index('replay_items_state').on(table.jobId, table.state, table.position),
    check('replay_items_state', sql`state in ('waiting', 'sending', 'resolved', 'failed', 'skipped')`)
  ]
)
