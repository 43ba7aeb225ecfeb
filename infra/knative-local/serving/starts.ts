// The starts of a Service's instance: one at a time, and after a crash or a failure again, after ever longer pauses.

import { GivenUp } from './instance.ts'

export interface Starts {
  /** Why it does not start, as long as it does not. */
  problem(): string | undefined
  /** Starts it, if it is wanted; who comes second waits for the first. @throws when it does not start */
  ensure(): Promise<void>
  /** As `ensure`, and when it does not start, again later. @throws with the failure of this start */
  ensureOrRetry(): Promise<void>
  /** It ended: where it is still wanted, that is reported, and it is started again. */
  ended(): void
  /** A request came: starts it, unless that is under way or comes soon. */
  wake(): void
  isStarting(): boolean
  /** What is being started is of no use any more. Resolves when it has ended. */
  giveUp(): Promise<void>
  /** Of the last start. */
  wasGivenUp(): boolean
  /** Forgets the failures, and no later start comes. */
  reset(): void
}

export interface StartsOptions {
  readonly name: string
  start(signal: AbortSignal): Promise<void>
  /** Whether there should be an instance, and there is none. */
  isWanted(): boolean
  report(sentence: string): void
}

const firstBackoffMs = 100
const maxBackoffMs = 10_000

export function createStarts({ name, start, isWanted, report }: StartsOptions): Starts {
  let starting: Promise<void> | undefined
  let attempt = new AbortController()
  let wasGivenUp = false
  let failures = 0
  let problem: string | undefined
  let backoff: NodeJS.Timeout | undefined
  let life: NodeJS.Timeout | undefined

  function ensure(): Promise<void> {
    clearTimeout(backoff)
    backoff = undefined
    if (!isWanted()) return Promise.resolve()
    starting ??= begin().finally(() => (starting = undefined))
    return starting
  }

  async function begin(): Promise<void> {
    wasGivenUp = false
    attempt = new AbortController()
    await start(attempt.signal)
    problem = undefined
    life = setTimeout(() => (failures = 0), maxBackoffMs).unref()
  }

  async function ensureOrRetry(): Promise<void> {
    await ensure().catch((error: Error) => {
      if (!isWanted() || error instanceof GivenUp) throw error
      if (problem !== error.message) report(`${error.message}\n${name} is started again after ever longer pauses`)
      problem = error.message
      again()
      throw error
    })
  }

  function again(): void {
    clearTimeout(backoff)
    clearTimeout(life)
    const delayMs = failures === 0 ? 0 : Math.min(firstBackoffMs * 2 ** (failures - 1), maxBackoffMs)
    failures += 1
    backoff = setTimeout(() => void ensureOrRetry().catch(() => undefined), delayMs)
  }

  return {
    problem: () => problem,
    ensure,
    ensureOrRetry,
    ended() {
      if (!isWanted()) return
      report(`${name} ended and is started again`)
      again()
    },
    wake() {
      if (!starting && !backoff) void ensureOrRetry().catch(() => undefined)
    },
    isStarting: () => starting !== undefined,
    async giveUp() {
      if (!starting) return
      wasGivenUp = true
      attempt.abort()
      await starting.catch(() => undefined)
    },
    wasGivenUp: () => wasGivenUp,
    reset() {
      clearTimeout(backoff)
      backoff = undefined
      failures = 0
    }
  }
}
