// A lower priority for what is waited for less than the rest. A nice value alone does nothing on most Linux machines: each process
// that is started here leads a session, autogroups share the processors by session, and a nice value counts within one only.
// https://man7.org/linux/man-pages/man7/sched.7.html (the autogroup feature)
import { writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'

/** For what moves events behind the outbox, where they are safe: a caller waits for an answer, and what waits here goes in larger batches. */
export const behindTheOutbox = 2

/**
 * Of a process that leads a session, with all that it starts. Without effect where the system does not have it.
 *
 * @param nice 1 to 19 as of nice(1): each step is a tenth less of a processor that others want too
 */
export function giveWay(pid: number, nice: number): void {
  for (const lower of [() => setPriority(pid, nice), () => writeFileSync(`/proc/${pid}/autogroup`, String(nice))]) {
    try {
      lower()
    } catch {
      // It has ended already, or this system has no autogroups.
    }
  }
}
