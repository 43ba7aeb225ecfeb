// Removes what nothing asks for any more, in small transactions. `node infra/jobs/prune.ts`, with DATABASE_URL; daily, by a CronJob.
//
//   outbox            kept as long as its topics keep records, so that a lost replication slot can be made good
//   handled_events,   kept as long as a record or a dead letter can still come again
//   command_answers
//   dead_letters,     closed ones, with their part in replays; open ones stay
//   replay_jobs       those that are over
//
// Fences stay for ever: one small row per student and function is what makes a late duplicate harmless.
import { Client } from 'pg'
import { z } from 'zod'
import { loadConfig } from '../../functions/shared/config.ts'

const days = z.coerce.number().int().min(1).max(3650)
export const PruneConfig = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  OUTBOX_DAYS: days,
  INBOX_DAYS: days,
  CLOSED_LETTERS_DAYS: days
})
export type PruneConfig = z.infer<typeof PruneConfig>

/** Rows in one transaction: a short lock, and a small piece of write-ahead log. */
const batchSize = 10_000

/** Returns how many rows went, by table. */
export async function prune(config: PruneConfig): Promise<Record<string, number>> {
  const removals = [
    { table: 'outbox', old: 'created_at', keepDays: config.OUTBOX_DAYS },
    { table: 'handled_events', old: 'handled_at', keepDays: config.INBOX_DAYS },
    { table: 'command_answers', old: 'created_at', keepDays: config.INBOX_DAYS },
    { table: 'dead_letters', old: 'closed_at', keepDays: config.CLOSED_LETTERS_DAYS },
    { table: 'replay_jobs', old: 'finished_at', keepDays: config.CLOSED_LETTERS_DAYS }
  ]
  const client = new Client({ connectionString: config.DATABASE_URL, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    const removed: Record<string, number> = {}
    for (const { table, old, keepDays } of removals) {
      removed[table] = 0
      let count: number
      do {
        const { rowCount } = await client.query(
          `delete from ${table} where ctid = any(array(
             select ctid from ${table} where ${old} < now() - make_interval(days => $1) limit ${batchSize}))`,
          [keepDays]
        )
        count = rowCount ?? 0
        removed[table] += count
      } while (count === batchSize)
    }
    return removed
  } finally {
    await client.end()
  }
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(await prune(loadConfig(PruneConfig)))}\n`)
