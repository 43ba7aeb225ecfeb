// A fault that lasts: done, left for its time or until the run is ended early, and undone whatever happens.
import { setTimeout as sleep } from 'node:timers/promises'

export interface Lasting {
  begin(): Promise<unknown>
  end(): Promise<unknown>
}

export async function lastFor(forMs: number, signal: AbortSignal, { begin, end }: Lasting): Promise<void> {
  try {
    await begin()
    await pass(forMs, signal)
  } finally {
    await end()
  }
}

/** Lets the time pass; ends early, and without an error, when the run does. */
export async function pass(forMs: number, signal: AbortSignal): Promise<void> {
  await sleep(forMs, undefined, { signal }).catch(() => undefined)
}
