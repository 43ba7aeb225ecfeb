// Waits for a condition by asking again, and says what it waited for when the time is over.
import { setTimeout as sleep } from 'node:timers/promises'

/** `isMet` may throw: that counts as not yet, and the last error is reported when the time is over. */
export async function until(
  what: string,
  timeoutMs: number,
  isMet: () => Promise<boolean>,
  { everyMs = 50, signal }: { everyMs?: number; signal?: AbortSignal } = {}
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  let lastError: unknown
  while (true) {
    signal?.throwIfAborted()
    try {
      if (await isMet()) return
      lastError = undefined
    } catch (error) {
      lastError = error
    }
    if (performance.now() > deadline) {
      const reason = lastError instanceof Error ? `: ${lastError.message}` : ''
      throw new Error(`Waited ${timeoutMs / 1_000} s for ${what}${reason}`)
    }
    await sleep(everyMs, undefined, { signal })
  }
}
