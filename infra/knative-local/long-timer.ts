// Timers of any length: setTimeout takes what is over 2^31 - 1 ms (24.8 days) for 1 ms, and YAML may say P1M.

const MAX_TIMER_MS = 2 ** 31 - 1

export interface LongTimer {
  cancel(): void
}

/** Calls back after `ms`, which may be Infinity: then never, though the process stays as it does for any timer. */
export function startLongTimer(ms: number, expire: () => void): LongTimer {
  let timer: NodeJS.Timeout
  const wait = (leftMs: number): void => {
    timer =
      leftMs > MAX_TIMER_MS
        ? setTimeout(() => wait(leftMs - MAX_TIMER_MS), MAX_TIMER_MS)
        : setTimeout(expire, Math.max(0, leftMs))
  }
  wait(ms)
  return { cancel: () => clearTimeout(timer) }
}
