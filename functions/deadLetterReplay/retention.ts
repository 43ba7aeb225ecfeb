// Takes away what nothing can need any more: old outbox rows, handled events, closed letters, replays, command answers.
//
// What can still be delivered again must still be known: Kafka keeps a record for the retention of its topic, a dead
// letter for that of the dead letter topic. A retention that is shorter is refused at the start.
import { sql, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import { type Database, inTransaction } from '../shared/database.ts'
import type { Log } from '../shared/log.ts'

const hours = (byDefault: number) => z.coerce.number().int().min(1).max(876_000).default(byDefault)

/** In hours. The first two say what Kafka keeps (infra/kafka/topics.yaml); the others what the database keeps. */
export const retentionConfig = {
  TOPIC_RETENTION_HOURS: hours(7 * 24),
  DEAD_LETTER_RETENTION_HOURS: hours(30 * 24),
  OUTBOX_RETENTION_HOURS: hours(14 * 24),
  HANDLED_EVENTS_RETENTION_HOURS: hours(60 * 24),
  CLOSED_LETTERS_RETENTION_HOURS: hours(90 * 24),
  COMMAND_ANSWERS_RETENTION_HOURS: hours(7 * 24)
}
export type RetentionConfig = z.infer<z.ZodObject<typeof retentionConfig>>

/** Each must be kept at least as long as the other, and why. */
const atLeast: readonly [keyof RetentionConfig, keyof RetentionConfig, string][] = [
  ['OUTBOX_RETENTION_HOURS', 'TOPIC_RETENTION_HOURS', 'a lost replication slot is made good from the outbox'],
  ['HANDLED_EVENTS_RETENTION_HOURS', 'TOPIC_RETENTION_HOURS', 'a rewound group delivers what the topic still has'],
  [
    'HANDLED_EVENTS_RETENTION_HOURS',
    'DEAD_LETTER_RETENTION_HOURS',
    'a dead letter may come again for an event handled since'
  ],
  [
    'CLOSED_LETTERS_RETENTION_HOURS',
    'DEAD_LETTER_RETENTION_HOURS',
    'a dead letter that comes again would open a discarded one'
  ]
]

/** For zod's superRefine: names every retention that is too short. */
export function checkRetention(config: RetentionConfig, context: z.RefinementCtx): void {
  for (const [kept, needed, why] of atLeast) {
    if (config[kept] >= config[needed]) continue
    context.addIssue({
      code: 'custom',
      path: [kept],
      message: `must be at least ${needed} (${config[needed]}), not ${config[kept]}: ${why}`
    })
  }
  if (config.COMMAND_ANSWERS_RETENTION_HOURS < 24) {
    context.addIssue({ code: 'custom', path: ['COMMAND_ANSWERS_RETENTION_HOURS'], message: 'must be at least 24' })
  }
}

const everyMs = 10 * 60_000
/** Rows in one statement, and statements in one round: a long backlog is worked off over several rounds. */
const batchRows = 5_000
const maxBatches = 100
/** Any number that only pruning uses: of several replicas one prunes. */
const pruneLock = 7_110_502

/** Prunes now and every ten minutes, until it is stopped. */
export function startPruning(db: Database, log: Log, config: RetentionConfig): { stop(): void } {
  const prune = async (): Promise<void> => {
    try {
      const pruned = await pruneOnce(db, config)
      if (Object.keys(pruned).length > 0) log.info(pruned, 'pruned')
    } catch (error) {
      log.warn({ reason: String(error) }, 'cannot prune')
    }
  }
  const timer = setInterval(prune, everyMs)
  void prune()
  return { stop: () => clearInterval(timer) }
}

/** Rows deleted, by table. */
export async function pruneOnce(db: Database, config: RetentionConfig): Promise<Record<string, number>> {
  const closed = sql`state in ('resolved', 'discarded') and closed_at`
  const prunable: readonly [table: string, age: SQL, hours: number][] = [
    ['outbox', sql`created_at`, config.OUTBOX_RETENTION_HOURS],
    ['handled_events', sql`handled_at`, config.HANDLED_EVENTS_RETENTION_HOURS],
    ['dead_letters', closed, config.CLOSED_LETTERS_RETENTION_HOURS],
    ['replay_jobs', sql`finished_at`, config.CLOSED_LETTERS_RETENTION_HOURS],
    ['command_answers', sql`created_at`, config.COMMAND_ANSWERS_RETENTION_HOURS]
  ]
  const pruned: Record<string, number> = {}
  for (const [table, age, keepHours] of prunable) {
    for (let batch = 0; batch < maxBatches; batch++) {
      const count = await deleteBatch(db, table, age, keepHours)
      if (count > 0) pruned[table] = (pruned[table] ?? 0) + count
      if (count < batchRows) break
    }
  }
  return pruned
}

async function deleteBatch(db: Database, table: string, age: SQL, keepHours: number): Promise<number> {
  const name = sql.identifier(table)
  return inTransaction(db, async tx => {
    const { rowCount } = await tx.execute(sql`
      delete from ${name} where ctid = any(array(
        select ctid from ${name}
        where pg_try_advisory_xact_lock(${pruneLock}) and ${age} < now() - ${`${keepHours} hours`}::interval
        limit ${batchRows}
      ))`)
    return rowCount ?? 0
  })
}
