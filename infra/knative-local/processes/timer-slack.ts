import { writeFileSync } from 'node:fs'

/**
 * How much later than asked for the timers of a process may go off, for its threads that start from now on. Linux gives 50
 * microseconds. Without effect where the runtime may not (Linux asks for CAP_SYS_NICE), and on other systems. https://man7.org/linux/man-pages/man5/proc_pid_timerslack_ns.5.html
 */
export function allowTimerSlack(pid: number, ms: number): void {
  try {
    writeFileSync(`/proc/${pid}/timerslack_ns`, String(ms * 1_000_000))
  } catch {
    // It has ended already, or this system has no such file.
  }
}
