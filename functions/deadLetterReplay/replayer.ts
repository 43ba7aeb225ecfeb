// Sends the letters of running replays, and sees to it that nothing waits for somebody who never comes: letters that
// became due, held events whose turn came while nobody was delivering, fences that a discarded letter has to move.
import { findFailures } from '../runtime/delivery/failures.ts'
import type { Database } from '../runtime/host/database.ts'
import { inTransaction } from '../runtime/host/transaction.ts'
import { names, ownNames } from '../runtime/host/tracing/attribute-names.ts'
import { describeError } from '../runtime/host/database-errors.ts'
import type { Log } from '../runtime/host/log.ts'
import { advanceFences, findDrivable, type HeldEvent } from './held-events.ts'
import { giveBack, type LeasedLetter, leaseLetters, releaseExpired, runningJobs } from './lease-letters.ts'
import { finishLetter } from './finish-letter.ts'
import { startDueReplay } from './replay-job.ts'
import { sendEvent, type SendResult } from './send-event.ts'
import { inSendSpan, type Sending } from './send-span.ts'

/** Tries in a row of one letter before its replay has failed. */
const maxTries = 6
const firstBackoffMs = 500
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

type Sendable = Pick<LeasedLetter, 'function' | 'attributes' | 'data'>

export function startReplayer(db: Database, log: Log, options: ReplayerOptions): Replayer {
  const stopping = new AbortController()
  const breakingOff = new AbortController()
  const underWay = new Set<Promise<void>>()
  /** Function and student of held events that are being sent. */
  const driving = new Set<string>()
  let keptHouseAt = -Infinity
  let wake = () => {}

  async function run(): Promise<void> {
    let due = nextPoll() // the first one as well: a start has requests to answer
    for (;;) {
      await due
      if (stopping.signal.aborted) break
      due = nextPoll()
      await attempt('start what is due', () => startDueReplay(db, options.replayLimit))
      if (performance.now() - keptHouseAt >= options.pollMs) await attempt('keep house', keepHouse)
      await attempt('send letters', sendLetters)
    }
    await Promise.all(underWay)
  }

  /** Resolves with the time of a poll, or when woken. */
  function nextPoll(): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, options.pollMs)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
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
    for (const event of await findDrivable(db)) {
      const key = `${event.function} ${event.entity}`
      if (driving.has(key)) continue
      driving.add(key)
      track(drive(event).finally(() => driving.delete(key)))
    }
  }

  function track(sending: Promise<void>): void {
    const tracked = sending
      .catch((error: unknown) => log.warn(describeError(error), 'a result could not be written'))
      .finally(() => {
        underWay.delete(tracked)
        wake()
      })
    underWay.add(tracked)
  }

  async function replay(letter: LeasedLetter): Promise<void> {
    const result = await inSendSpan(sendingOf(letter), () => send(letter))
    const facts = {
      replay: letter.jobId,
      letter: letter.letterId,
      function: letter.function,
      eventId: letter.eventId,
      student: letter.entity
    }
    if (breakingOff.signal.aborted && result.outcome === 'try-again') {
      await giveBack(db, letter, { ...result, backoffMs: 0 })
      return
    }
    if (result.outcome === 'try-again' && letter.tries < maxTries) {
      const backoffMs = firstBackoffMs * 2 ** (letter.tries - 1)
      await giveBack(db, letter, { ...result, backoffMs })
      log.info({ ...facts, ...result, tries: letter.tries }, 'replay failed for now')
      return
    }
    await inTransaction(db, tx => finishLetter(tx, letter, result))
    if (result.outcome === 'done') log.info(facts, 'replayed')
    else log.warn({ ...facts, ...result }, 'replay failed')
  }

  function sendingOf(letter: LeasedLetter): Sending {
    const { function: functionName, attributes, letterId, jobId, tries, eventId } = letter
    return {
      what: 'replay',
      function: functionName,
      attributes,
      facts: {
        [ownNames.letter]: letterId,
        [ownNames.replayJob]: jobId,
        ...(tries > 1 && { [names.httpResend]: tries - 1 })
      },
      failed: async () => {
        const found = await findFailures(db, { functionName, source: attributes.source ?? '', eventId })
        return found?.errors[0]?.traceparent
      }
    }
  }

  async function send(event: Sendable): Promise<SendResult> {
    const url = options.functionUrls.get(event.function)
    if (url !== undefined) return sendEvent(url, event, options.timeoutMs, breakingOff.signal)
    return { outcome: 'refused', status: null, detail: `no address is configured for the function ${event.function}` }
  }

  async function drive(event: HeldEvent): Promise<void> {
    const result = await inSendSpan({ what: 'release', ...event }, () => send(event))
    if (result.outcome === 'try-again') log.warn({ function: event.function, ...result }, 'a held event waits on')
  }

  const finished = run()
  return {
    wake: () => wake(),
    async stop(timeoutMs) {
      stopping.abort()
      wake()
      const timer = setTimeout(() => breakingOff.abort(), timeoutMs)
      await finished
      clearTimeout(timer)
    }
  }
}
