// Takes the letters of a job that may be sent now. Everything a replayer needs to know is in the database, so that
// several share a job, and one that dies is taken over when its leases end.
import { sql } from 'drizzle-orm'
import type { Database, Transaction } from '../runtime/host/database.ts'
import { inTransaction } from '../runtime/host/transaction.ts'
import type { EventAttributes } from '../runtime/events/received-event.ts'
import { endReplay } from './replay-job.ts'

export interface LeasedLetter {
  readonly jobId: string
  readonly position: number
  /** This try included. */
  readonly tries: number
  readonly letterId: string
  readonly function: string
  readonly eventId: string
  readonly entity: string | null
  readonly attributes: EventAttributes
  readonly data: Buffer
}

interface JobProgress extends Record<string, unknown> {
  readonly concurrency: number
  readonly rate: number
  readonly canary: number
  readonly stop_after: number
  readonly rate_allows: number
  readonly waits: boolean
  readonly sending: number
  readonly failed: number
  readonly canary_unfinished: boolean
  readonly canary_failed: boolean
}

/** Takes back what a replayer that died had taken. In a replay that is over, such a letter is open again. */
export async function releaseExpired(db: Database): Promise<void> {
  await db.execute(sql`
    with released as (
      update replay_items item set
        state = case when job.state = 'running' then 'waiting' else 'skipped' end,
        finished_at = case when job.state = 'running' then null else now() end
      from replay_jobs job
      where job.id = item.job_id and item.state = 'sending' and item.leased_until < now()
      returning item.letter_id, item.state
    )
    update dead_letters set state = 'open' from released
    where dead_letters.id = released.letter_id and released.state = 'skipped' and dead_letters.state = 'replaying'`)
}

/** For another try later; in a replay that is over meanwhile, there is none and the letter is open again. */
export async function giveBack(
  db: Database,
  letter: LeasedLetter,
  result: { readonly status: number | null; readonly detail: string; readonly backoffMs: number }
): Promise<void> {
  await db.execute(sql`
    with given as (
      update replay_items item set
        state = case when job.state = 'running' then 'waiting' else 'failed' end,
        finished_at = case when job.state = 'running' then null else now() end,
        status = ${result.status}, detail = ${result.detail},
        not_before = now() + ${`${result.backoffMs} milliseconds`}::interval
      from replay_jobs job
      where job.id = item.job_id and item.job_id = ${letter.jobId} and item.position = ${letter.position}
        and item.state = 'sending' and item.tries = ${letter.tries}
      returning item.state
    )
    update dead_letters set state = 'open' from given
    where id = ${letter.letterId} and given.state = 'failed' and dead_letters.state = 'replaying'`)
}

export async function runningJobs(db: Database): Promise<string[]> {
  const { rows } = await db.execute<{ id: string }>(sql`select id from replay_jobs where state = 'running' order by id`)
  return rows.map(({ id }) => id)
}

/** Leases what the job's canary, rate and concurrency allow; ends the job when it is over. */
export async function leaseLetters(db: Database, jobId: string, leaseMs: number): Promise<LeasedLetter[]> {
  return inTransaction(db, async tx => {
    const progress = await lockJob(tx, jobId)
    if (progress === undefined) return [] // another replayer has it at this moment, or it is over
    if (!progress.waits && progress.sending === 0) {
      await tx.execute(sql`update replay_jobs set state = 'done', finished_at = now() where id = ${jobId}`)
      return []
    }
    const stop = reasonToStop(progress)
    if (stop !== undefined) {
      await endReplay(tx, jobId, 'stopped', stop)
      return []
    }
    const free = progress.concurrency - progress.sending
    const count = progress.rate === 0 ? free : Math.min(free, progress.rate_allows)
    if (count <= 0) return []
    const lastPosition = progress.canary_unfinished ? progress.canary : null
    return lease(tx, jobId, { count, lastPosition, leaseMs, rate: progress.rate })
  })
}

function reasonToStop({ canary_failed, stop_after, failed }: JobProgress): string | undefined {
  if (canary_failed) return 'a canary failed'
  if (stop_after > 0 && failed >= stop_after) return `stopped after ${failed} ${failed === 1 ? 'failure' : 'failures'}`
  return undefined
}

async function lockJob(tx: Transaction, jobId: string): Promise<JobProgress | undefined> {
  const locked = await tx.execute(
    sql`select from replay_jobs where id = ${jobId} and state = 'running' for update skip locked`
  )
  if (locked.rows.length === 0) return undefined
  const { rows } = await tx.execute<JobProgress>(sql`
    select concurrency, rate, canary, stop_after,
      case when next_send_at > now() then 0
        else least(rate, greatest(1, floor(extract(epoch from now() - next_send_at) * rate)))::int end as rate_allows,
      exists (select from replay_items where job_id = job.id and state = 'waiting') as waits,
      (select count(*)::int from replay_items where job_id = job.id and state = 'sending') as sending,
      (select count(*)::int from replay_items where job_id = job.id and state = 'failed') as failed,
      exists (
        select from replay_items where job_id = job.id and state in ('waiting', 'sending') and position <= job.canary
      ) as canary_unfinished,
      exists (
        select from replay_items where job_id = job.id and state = 'failed' and position <= job.canary
      ) as canary_failed
    from replay_jobs job
    where id = ${jobId}`)
  return rows[0]
}

/** A letter waits while an earlier one of its student and function is unfinished: sent now, it would only be held. */
async function lease(
  tx: Transaction,
  jobId: string,
  options: { count: number; lastPosition: number | null; leaseMs: number; rate: number }
): Promise<LeasedLetter[]> {
  const { count, lastPosition, leaseMs, rate } = options
  const { rows } = await tx.execute<LeasedLetter & Record<string, unknown>>(sql`
    with next as (
      select item.position from replay_items item join dead_letters letter on letter.id = item.letter_id
      where item.job_id = ${jobId} and item.state = 'waiting' and item.not_before <= now()
        and (${lastPosition}::int is null or item.position <= ${lastPosition}::int)
        and not exists (
          select from replay_items earlier join dead_letters before on before.id = earlier.letter_id
          where earlier.job_id = item.job_id and earlier.position < item.position
            and earlier.state in ('waiting', 'sending')
            and before.function = letter.function and before.entity = letter.entity
        )
      order by item.position limit ${count}
    ), leased as (
      update replay_items
      set state = 'sending', tries = tries + 1, leased_until = now() + ${`${leaseMs} milliseconds`}::interval
      where job_id = ${jobId} and position in (select position from next)
      returning letter_id, position, tries
    ), counted as (
      update dead_letters set replays = replays + 1
      where id in (select letter_id from leased where tries = 1)
    )
    select ${jobId} as "jobId", leased.position, leased.tries, letter.id as "letterId", letter.function,
      letter.event_id as "eventId", letter.entity,
      case when letter.edited_data is null then letter.attributes else letter.attributes - 'expirytime' end as attributes,
      coalesce(letter.edited_data, letter.data) as data
    from leased join dead_letters letter on letter.id = leased.letter_id
    order by leased.position`)
  if (rate > 0 && rows.length > 0) {
    await tx.execute(sql`
      update replay_jobs set next_send_at = now() + ${`${Math.ceil((rows.length * 1000) / rate)} milliseconds`}::interval
      where id = ${jobId}`)
  }
  return rows
}
