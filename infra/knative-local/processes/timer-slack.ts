import { writeFileSync } from 'node:fs'

/**
 * What `start` starts inherits how much later than asked for its timers may go off, and so do all threads of it. Linux gives 50
 * microseconds. It is set for the main thread meanwhile, which starts all processes and may do that; a process that has started already
 * may have made threads without it, and takes it from nobody but a superuser. Without effect on other systems.
 * https://man7.org/linux/man-pages/man5/proc_pid_timerslack_ns.5.html
 */
export function withTimerSlack<Started>(ms: number | undefined, start: () => Started): Started {
  if (ms === undefined || !setOwn(ms * 1_000_000)) return start()
  try {
    return start()
  } finally {
    setOwn(asItStarted)
  }
}

/** To Linux, what the thread had when it started. */
const asItStarted = 0

function setOwn(nanoseconds: number): boolean {
  try {
    writeFileSync('/proc/self/timerslack_ns', String(nanoseconds))
    return true
  } catch {
    return false
  }
}
