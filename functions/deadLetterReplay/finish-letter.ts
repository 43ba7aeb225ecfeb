// Writes what became of a letter that was sent. Only the replayer that holds the lease may: one that comes late finds
// that the item has moved on without it, and changes nothing.
import { sql } from 'drizzle-orm'
import type { Transaction } from '../runtime/host/database.ts'
import type { LeasedLetter } from './lease-letters.ts'
import type { SendResult } from './send-event.ts'

export async function finishLetter(
  tx: Transaction,
  letter: Pick<LeasedLetter, 'jobId' | 'position' | 'tries' | 'letterId'>,
  { outcome, status, detail }: SendResult
): Promise<void> {
  const done = outcome === 'done'
  const finished = await tx.execute(sql`
    update replay_items
    set state = ${done ? 'resolved' : 'failed'}, status = ${status}, detail = ${detail}, finished_at = now()
    where job_id = ${letter.jobId} and position = ${letter.position} and state = 'sending' and tries = ${letter.tries}`)
  if (finished.rowCount === 0) return
  if (!done) {
    await tx.execute(sql`
      update dead_letters set state = 'open', last_failed_at = now(), status = coalesce(${status}::int, status),
        -- What it waited for is there, but its function is not: it is due again later, as often as the limit allows.
        due_at = case when ${outcome === 'try-again'} and automatic_replays > 0
          then now() + interval '1 minute' * 2 ^ least(automatic_replays, 8) else due_at end
      where id = ${letter.letterId} and state = 'replaying'`)
    return
  }
  // Taken is not applied: an event that came before its turn is only held, and its letter stays open until it is applied.
  await tx.execute(sql`
    update dead_letters set
      state = case when held.waits then 'open' else 'resolved' end,
      detail = case when held.waits then 'held: an earlier event of this student is missing' else detail end,
      closed_at = case when held.waits then null else coalesce(closed_at, now()) end,
      closed_because = case when held.waits then null else ${`replay ${letter.jobId}`} end
    from (
      select exists (
        select from held_events join dead_letters letter on letter.id = ${letter.letterId}
        where held_events.function = letter.function and held_events.entity = letter.entity
          and held_events.sequence = letter.sequence
      ) as waits
    ) held
    where id = ${letter.letterId} and state in ('replaying', 'resolved')`)
}
