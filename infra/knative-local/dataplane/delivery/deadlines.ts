// One timer for many deadlines of the same length: they end in the order they began, so only the oldest needs watching.
import { startLongTimer, type LongTimer } from '../../long-timer.ts'

interface Deadline {
  readonly endsAtMs: number
  expire: (() => void) | undefined
}

/** Takes a deadline back; after it ended, does nothing. */
export type CancelDeadline = () => void

export class Deadlines {
  private readonly lengthMs: number
  private queue: Deadline[] = []
  private head = 0
  private timer: LongTimer | undefined

  constructor(lengthMs: number) {
    this.lengthMs = lengthMs
  }

  start(expire: () => void): CancelDeadline {
    const deadline: Deadline = { endsAtMs: performance.now() + this.lengthMs, expire }
    this.queue.push(deadline)
    this.timer ??= startLongTimer(this.lengthMs, () => this.tick())
    return () => {
      deadline.expire = undefined
      this.compact()
    }
  }

  private tick(): void {
    this.timer = undefined
    const nowMs = performance.now()
    let next = this.queue[this.head]
    while (next !== undefined && (next.expire === undefined || next.endsAtMs <= nowMs)) {
      this.head++
      next.expire?.()
      next = this.queue[this.head]
    }
    this.compact()
    if (next !== undefined) {
      this.timer = startLongTimer(Math.max(1, Math.ceil(next.endsAtMs - nowMs)), () => this.tick())
    }
  }

  /** Drops what is over from the front, so that the queue is no longer than what is under way (and what began after its oldest). */
  private compact(): void {
    while (this.queue[this.head] !== undefined && this.queue[this.head]?.expire === undefined) this.head++
    if (this.head === this.queue.length) {
      this.queue = []
      this.head = 0
      this.timer?.cancel()
      this.timer = undefined
    } else if (this.head > 1024) {
      this.queue = this.queue.slice(this.head)
      this.head = 0
    }
  }
}
