// A replay is a job in the database: chosen letters, one item each, and options. The replayer does the sending.
import { and, asc, desc, eq, type SQL, sql } from 'drizzle-orm'
import { setTimeout as sleep } from 'node:timers/promises'
import { v7 as uuidv7 } from 'uuid'
import type { Database, Transaction } from '../runtime/host/database.ts'
import { inTransaction } from '../runtime/host/transaction.ts'
import { Problem } from '../runtime/host/problem.ts'
import { deadLetters } from '../runtime/tables/letters.ts'
import { replayItems, replayJobs } from '../runtime/tables/replays.ts'
import { holdsBack } from './holds-back.ts'
import { matches, type ReplayRequest } from './letter-filter.ts'

/** Of letters named in one answer; all that match are replayed. */
const maxListed = 1_000
/** Of jobs in one listing, newest first. */
const maxJobs = 100
const settleTimeoutMs = 5_000
const settlePollMs = 50

const letterSummary = {
  id: deadLetters.id,
  function: deadLetters.function,
  reason: deadLetters.reason,
  state: deadLetters.state,
  student: deadLetters.entity,
  sequence: deadLetters.sequence,
  type: sql<string>`${deadLetters.attributes}->>'type'`,
  replays: deadLetters.replays
}
const inOrder = [asc(deadLetters.entity), asc(deadLetters.sequence), asc(deadLetters.id)]

/** What would be replayed, in the order of each student's events, and what to know before it is. */
export async function previewReplay(db: Database, command: ReplayRequest, replayLimit: number) {
  const open = and(matches(command), eq(deadLetters.state, 'open'))
  const wouldReplay = await db
    .select(letterSummary)
    .from(deadLetters)
    .where(open)
    .orderBy(...inOrder)
    .limit(maxListed)
  const overLimit = command.force ? 0 : await db.$count(deadLetters, and(open, sql`replays >= ${replayLimit}`))
  const unverified = command.unverified
    ? 0
    : await db.$count(deadLetters, and(open, eq(deadLetters.origin, 'unverified')))
  const expired = await db.$count(deadLetters, and(open, eq(deadLetters.reason, 'expired')))
  const behind = await db.execute<{ id: string }>(sql`
    select later.id from dead_letters later
    join dead_letters earlier
      on earlier.function = later.function and earlier.entity = later.entity
      and earlier.sequence < later.sequence and earlier.state = 'open' and ${holdsBack('earlier')}
    where later.id in (select id from dead_letters where ${open}) and later.state = 'open'
      and earlier.id not in (select id from dead_letters where ${open})
    limit ${maxListed}`)
  return {
    dryRun: true,
    count: await db.$count(deadLetters, open),
    wouldReplay,
    warnings: [
      ...behind.rows.map(
        ({ id }) => `${id} would be held: an earlier event of its student has an open letter outside this choice`
      ),
      ...(overLimit > 0
        ? [`${have(overLimit)} been replayed ${replayLimit} times and would be skipped without force`]
        : []),
      ...(unverified > 0
        ? [
            `${unverified} ${unverified === 1 ? 'letter is' : 'letters are'} of unknown origin and would be skipped without unverified`
          ]
        : []),
      ...(expired > 0
        ? [`${have(expired)} expired and would fail again: POST /ID/resend sends one without its expirytime`]
        : [])
    ]
  }
}

/** Letters in one statement: each stays well below the statement timeout. */
const batchLetters = 5_000

/** Starts a job with every open letter that matches. A letter that another job has is left to that one. */
export async function startReplay(tx: Transaction, command: ReplayRequest, replayLimit: number): Promise<string> {
  const id = uuidv7()
  const { name, canary, rate, concurrency, stopAfter } = command
  await tx.insert(replayJobs).values({ id, name, command, canary, rate, concurrency, stopAfter })
  const chosen = sql`${and(matches(command), eq(deadLetters.state, 'open'))}`
  const skip = skipReason(command.force ? undefined : sql`replays >= ${replayLimit}::int`, command.unverified)
  let position = 0
  for (;;) {
    const added = await addItems(tx, id, chosen, position, skip)
    position += added
    if (added < batchLetters) return id
  }
}

/**
 * Makes a job of the letters that became due automatically, a batch at a time. Returns how many there were. The limit is of
 * automatic replays alone: whoever replays a letter in vain does not keep it from being replayed when its user is there.
 */
export async function startDueReplay(db: Database, replayLimit: number): Promise<number> {
  const due = sql`state = 'open' and due_at <= now()`
  const found = await db.execute(sql`select from dead_letters where ${due} limit 1`)
  if (found.rows.length === 0) return 0
  return inTransaction(db, async tx => {
    const id = uuidv7()
    await tx.insert(replayJobs).values({ id, name: 'what they waited for is there', command: {}, concurrency: 8 })
    const skip = skipReason(sql`automatic_replays >= ${replayLimit}::int`, false)
    const added = await addItems(tx, id, due, 0, skip, true)
    if (added === 0) await tx.delete(replayJobs).where(eq(replayJobs.id, id))
    return added
  })
}

/** Adds a batch of letters behind `position`, in the order of each student's events. */
async function addItems(
  tx: Transaction,
  jobId: string,
  chosen: ReturnType<typeof sql>,
  position: number,
  skip: SQL,
  isAutomatic = false
): Promise<number> {
  const added = await tx.execute(sql`
    with chosen as (
      select id, entity, sequence, ${skip} as skip from dead_letters
      where ${chosen} and id not in (select letter_id from replay_items where job_id = ${jobId} and state = 'skipped')
      order by entity, sequence, id limit ${batchLetters} for update skip locked
    ), items as (
      insert into replay_items (job_id, letter_id, position, state, detail, finished_at)
      select ${jobId}, id, ${position}::int + row_number() over (order by entity, sequence, id),
        case when skip is null then 'waiting' else 'skipped' end, skip, case when skip is not null then now() end
      from chosen
      on conflict do nothing
      returning letter_id, state
    )
    update dead_letters set
      state = case when items.state = 'waiting' then 'replaying' else 'open' end,
      automatic_replays = automatic_replays + case when ${isAutomatic} and items.state = 'waiting' then 1 else 0 end,
      due_at = case when ${isAutomatic} then null else due_at end
    from items where dead_letters.id = items.letter_id`)
  return added.rowCount ?? 0
}

/** Why a letter is not sent, null for one that is. */
function skipReason(isOver: SQL | undefined, unverified = false): SQL {
  return sql`case
    when ${isOver ?? false} then 'replayed ' || replays || ' times already; replay it with force, or discard it'
    when ${!unverified} and origin = 'unverified'
      then 'of unknown origin: nothing here published it; replay it with unverified, or discard it'
  end`
}

/** Lets what is under way finish and sends nothing more. @throws Problem 404, 409 when the job is over already */
export async function abortReplay(db: Database, jobId: string): Promise<void> {
  const { state } = await findJob(db, jobId)
  if (state !== 'running') {
    throw new Problem(409, 'replay-is-over', 'Replay is over', `the replay ${jobId} is ${state} already`)
  }
  await inTransaction(db, tx => endReplay(tx, jobId, 'aborted', 'aborted on request'))
}

/** Ends a running job early: letters that still wait are open again. */
export async function endReplay(
  tx: Transaction,
  jobId: string,
  state: 'stopped' | 'aborted',
  detail: string
): Promise<void> {
  await tx.execute(sql`
    with skipped as (
      update replay_items set state = 'skipped', detail = ${detail}, finished_at = now()
      where job_id = ${jobId} and state = 'waiting'
      returning letter_id
    ), opened as (
      update dead_letters set state = 'open' where state = 'replaying' and id in (select letter_id from skipped)
    )
    update replay_jobs set state = ${state}, detail = ${detail}, finished_at = now()
    where id = ${jobId} and state = 'running'`)
}

export async function listReplays(db: Database) {
  const jobs = await db.select({ id: replayJobs.id }).from(replayJobs).orderBy(desc(replayJobs.id)).limit(maxJobs)
  return { jobs: await Promise.all(jobs.map(({ id }) => describeReplay(db, id))) }
}

/** Progress of a job. @throws Problem 404 */
export async function describeReplay(db: Database, jobId: string) {
  const { nextSendAt: _, ...job } = await findJob(db, jobId)
  const rows = await db
    .select({ state: replayItems.state, count: sql<number>`count(*)::int` })
    .from(replayItems)
    .where(eq(replayItems.jobId, jobId))
    .groupBy(replayItems.state)
  const progress = { waiting: 0, sending: 0, resolved: 0, failed: 0, skipped: 0 }
  for (const { state, count } of rows) progress[state] = count
  return { ...job, progress }
}

/** What the job did with each letter: its audit, in the order of sending. */
export async function readReplayResults(db: Database, jobId: string) {
  return db
    .select({
      letter: replayItems.letterId,
      function: deadLetters.function,
      student: deadLetters.entity,
      sequence: deadLetters.sequence,
      result: replayItems.state,
      tries: replayItems.tries,
      status: replayItems.status,
      detail: replayItems.detail,
      finishedAt: replayItems.finishedAt
    })
    .from(replayItems)
    .innerJoin(deadLetters, eq(deadLetters.id, replayItems.letterId))
    .where(eq(replayItems.jobId, jobId))
    .orderBy(asc(replayItems.position))
    .limit(maxListed)
}

/** Waits a moment for a job to end, so that a small replay is answered with what became of each letter. */
export async function awaitReplay(db: Database, jobId: string) {
  const deadline = performance.now() + settleTimeoutMs
  let job = await describeReplay(db, jobId)
  while (job.state === 'running' && performance.now() < deadline) {
    await sleep(settlePollMs)
    job = await describeReplay(db, jobId)
  }
  const replayed = await db
    .select(letterSummary)
    .from(replayItems)
    .innerJoin(deadLetters, eq(deadLetters.id, replayItems.letterId))
    .where(eq(replayItems.jobId, jobId))
    .orderBy(asc(replayItems.position))
    .limit(maxListed)
  const count = Object.values(job.progress).reduce((sum, n) => sum + n, 0)
  return { dryRun: false, count, job, replayed }
}

async function findJob(db: Database, jobId: string) {
  const [job] = await db
    .select()
    .from(replayJobs)
    .where(eq(sql`${replayJobs.id}::text`, jobId))
  if (job === undefined) throw new Problem(404, 'unknown-replay', 'Unknown replay', `no replay has the id ${jobId}`)
  return job
}

const have = (letters: number) => (letters === 1 ? '1 letter has' : `${letters} letters have`)
