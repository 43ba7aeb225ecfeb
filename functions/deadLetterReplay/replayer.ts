// Sends the letters of running replays, and sees to it that nothing waits for somebody who never comes: letters that
// became due, held events whose turn came while nobody was delivering, fences that a discarded letter has to move.
import { sql } from 'drizzle-orm'
import { type Database, inTransaction } from '../shared/database.ts'
import type { Log } from '../shared/log.ts'
import { advanceFences, findDrivable } from './held-events.ts'
import { type LeasedLetter, leaseLetters, runningJobs } from './lease-letters.ts'
import { startDueReplay } from './replay-job.ts'
import { sendEvent, type SendResult } from './send-event.ts'

/** Tries in a row of one letter before its replay has failed. */
const maxTries = 6
const firstBackoffMs = 500
/** A lease outlives the delivery by this much, for the result to be written. */
const leaseMarginMs = 10_000

export interface Replayer {
  /** Looks for work now instead of at the next poll. */
  wake(): void
  /** Stops taking letters and waits for those under way. */
  stop(): Promise<void>
}

export interface ReplayerOptions {
  readonly functionUrls: ReadonlyMap<string, string>
  readonly pollMs: number
  /** Of one delivery. */
  readonly timeoutMs: number
  /** Replays of one letter before it is left to a person. */
  readonly replayLimit: number
}

export function startReplayer(db: Database, log: Log, options: ReplayerOptions): Replayer {
  const stop = new AbortController()
  const underWay = new Set<Promise<void>>()
  /** Function and student of held events that are being sent. */
  const driving = new Set<string>()
  let keptHouseAt = -Infinity
  let wake = () => {}

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      const woken = new Promise<void>(resolve => {
        const timer = setTimeout(resolve, options.pollMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      await work().catch((error: unknown) => log.warn({ reason: String(error) }, 'cannot look for letters to replay'))
      await woken
    }
    await Promise.all(underWay)
  }

  async function work(): Promise<void> {
    await startDueReplay(db, options.replayLimit)
    if (performance.now() - keptHouseAt >= options.pollMs) await keepHouse()
    for (const jobId of await runningJobs(db)) {
      const letters = await leaseLetters(db, jobId, options.timeoutMs + leaseMarginMs)
      for (const letter of letters) track(replay(letter))
    }
  }

  /** At the pace of the polls, however often the replayer is woken. */
  async function keepHouse(): Promise<void> {
    keptHouseAt = performance.now()
    await advanceFences(db)
    for (const event of await findDrivable(db)) {
      const key = `${event.function} ${event.studentId}`
      if (driving.has(key)) continue
      driving.add(key)
      track(drive(event).finally(() => driving.delete(key)))
    }
  }

  function track(sending: Promise<void>): void {
    const tracked = sending
      .catch((error: unknown) => log.warn({ reason: String(error) }, 'a result could not be written'))
      .finally(() => {
        underWay.delete(tracked)
        wake()
      })
    underWay.add(tracked)
  }

  async function replay(letter: LeasedLetter): Promise<void> {
    const result = await send(letter)
    const facts = {
      replay: letter.jobId,
      letter: letter.letterId,
      function: letter.function,
      eventId: letter.eventId,
      student: letter.studentId
    }
    if (result.outcome === 'try-again' && letter.tries < maxTries) {
      await tryLater(letter, result)
      log.info({ ...facts, ...result, tries: letter.tries }, 'replay failed for now')
      return
    }
    await finish(letter, result)
    if (result.outcome === 'done') log.info(facts, 'replayed')
    else log.warn({ ...facts, ...result }, 'replay failed')
  }

  async function send(event: Pick<LeasedLetter, 'function' | 'attributes' | 'data'>): Promise<SendResult> {
    const url = options.functionUrls.get(event.function)
    if (url !== undefined) return sendEvent(url, event, options.timeoutMs)
    return { outcome: 'refused', status: null, detail: `no address is configured for the function ${event.function}` }
  }

  async function drive(event: Pick<LeasedLetter, 'function' | 'attributes' | 'data'>): Promise<void> {
    const result = await send(event)
    if (result.outcome === 'try-again') log.warn({ function: event.function, ...result }, 'a held event waits on')
  }

  async function tryLater(letter: LeasedLetter, { status, detail }: SendResult): Promise<void> {
    const backoff = `${firstBackoffMs * 2 ** (letter.tries - 1)} milliseconds`
    await db.execute(sql`
      update replay_items
      set state = 'waiting', status = ${status}, detail = ${detail}, not_before = now() + ${backoff}::interval
      where job_id = ${letter.jobId} and position = ${letter.position}`)
  }

  async function finish(letter: LeasedLetter, { outcome, status, detail }: SendResult): Promise<void> {
    const done = outcome === 'done'
    const closedBecause = letter.editedId === null ? `replay ${letter.jobId}` : `sent again as ${letter.editedId}`
    await inTransaction(db, async tx => {
      await tx.execute(sql`
        update replay_items
        set state = ${done ? 'resolved' : 'failed'}, status = ${status}, detail = ${detail}, finished_at = now()
        where job_id = ${letter.jobId} and position = ${letter.position} and state = 'sending'`)
      await (done
        ? tx.execute(sql`
            update dead_letters set state = 'resolved', closed_at = coalesce(closed_at, now()),
              closed_because = ${closedBecause}
            where id = ${letter.letterId} and state in ('replaying', 'resolved')`)
        : tx.execute(sql`
            update dead_letters set state = 'open', last_failed_at = now(), status = coalesce(${status}, status)
            where id = ${letter.letterId} and state = 'replaying'`))
    })
  }

  const finished = run()
  return {
    wake: () => wake(),
    async stop() {
      stop.abort()
      wake()
      await finished
    }
  }
}
