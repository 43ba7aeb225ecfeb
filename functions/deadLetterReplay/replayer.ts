// Sends the letters of running replays, and sees to it that nothing waits for somebody who never comes: letters that
// became due, held events whose turn came while nobody was delivering, fences that a discarded letter has to move.
import type { Database } from '../runtime/host/database.ts'
import { describeError } from '../runtime/host/database-errors.ts'
import type { Log } from '../runtime/host/log.ts'
import { advanceFences } from './held-events.ts'
import { leaseLetters, releaseExpired, runningJobs } from './lease-letters.ts'
import { createPolls } from './polls.ts'
import { createHeldRelease } from './release-held.ts'
import { startDueReplay } from './replay-job.ts'
import { createLetterReplay } from './replay-letter.ts'
import { createSender } from './send-event.ts'

/** A lease outlives the delivery by this much, for the result to be written. */
const leaseMarginMs = 10_000

export interface Replayer {
  /** Looks for work now instead of at the next poll. */
  wake(): void
  /** Takes nothing more, waits for what is under way, and breaks off at the deadline: broken-off letters are given back. */
  stop(timeoutMs: number): Promise<void>
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
  const stopping = new AbortController()
  const breakingOff = new AbortController()
  const underWay = new Set<Promise<void>>()
  const polls = createPolls(options.pollMs)
  const send = createSender(options.functionUrls, options.timeoutMs, breakingOff.signal)
  const replay = createLetterReplay(db, log, send, breakingOff.signal)
  const releaseHeld = createHeldRelease(db, log, send)
  let keptHouseAt = -Infinity

  async function run(): Promise<void> {
    let due = polls.next() // the first one as well: a start has requests to answer
    for (;;) {
      await due
      if (stopping.signal.aborted) break
      due = polls.next()
      await attempt('start what is due', () => startDueReplay(db, options.replayLimit))
      if (performance.now() - keptHouseAt >= options.pollMs) await attempt('keep house', keepHouse)
      await attempt('send letters', sendLetters)
    }
    await Promise.all(underWay)
  }

  /** One step that fails must not keep the others from their work. */
  async function attempt(what: string, step: () => Promise<unknown>): Promise<void> {
    try {
      await step()
    } catch (error) {
      log.warn(describeError(error), `cannot ${what} now`)
    }
  }

  async function sendLetters(): Promise<void> {
    for (const jobId of await runningJobs(db)) {
      if (stopping.signal.aborted) return
      await attempt(`take letters of the replay ${jobId}`, async () => {
        const letters = await leaseLetters(db, jobId, options.timeoutMs + leaseMarginMs)
        for (const letter of letters) track(replay(letter))
      })
    }
  }

  /** At the pace of the polls, however often the replayer is woken. */
  async function keepHouse(): Promise<void> {
    keptHouseAt = performance.now()
    await releaseExpired(db)
    await advanceFences(db)
    for (const sending of await releaseHeld()) track(sending)
  }

  function track(sending: Promise<void>): void {
    const tracked = sending
      .catch((error: unknown) => log.warn(describeError(error), 'a result could not be written'))
      .finally(() => {
        underWay.delete(tracked)
        polls.wake()
      })
    underWay.add(tracked)
  }

  const finished = run()
  return {
    wake: polls.wake,
    async stop(timeoutMs) {
      stopping.abort()
      polls.wake()
      const timer = setTimeout(() => breakingOff.abort(), timeoutMs)
      await finished
      clearTimeout(timer)
    }
  }
}
