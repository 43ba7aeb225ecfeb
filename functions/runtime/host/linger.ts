// Whether a group waits for more works, as Kafka's producer does with `linger.ms`. What a transaction costs, and a record, a fetch and a
// burst of deliveries behind it, is much the same for one work as for five. So while works come fast, they are gathered for a moment.
//
// Only works that come on their own make that pay. A caller who waits for its answer before it sends the next one brings nobody by
// being kept waiting: a wait in whose later part nobody came says that these are such callers, and the next works are not kept.

import { WorkBackoff } from './work-backoff.ts'

/** Gathered is what is likely to be three works or more, and so never what a person sends by hand. */
const aboveWorksPerSecond = 150
/** What a work waits at most. */
const maxMs = 25
/** A group of so many waits for no more. */
const enough = 8
/** The last part of a wait, in which works that come on their own would have come. */
const quietMs = 15
/** Over which the rate is measured, later works counting more. */
const spanMs = 300
/** Works that are not kept after a wait that brought nobody in its last part. */
const minUnkept = 16
const maxUnkept = 4_096

/** Times are those of performance.now(). */
export class Linger {
  private works = 0
  private lastMs = 0
  /** From waits that brought nobody. */
  private readonly backoff = new WorkBackoff(minUnkept, maxUnkept)
  private end: (() => void) | undefined

  /** Another one waits; `waiting` counts it. */
  arrived(waiting: number): void {
    const nowMs = performance.now()
    this.works = this.recent(nowMs) + 1
    this.lastMs = nowMs
    this.backoff.takes()
    if (waiting >= enough) this.end?.()
  }

  /** Whether it is likely that others come soon. */
  pays(waiting: number): boolean {
    if (waiting >= enough || this.backoff.isOn) return false
    return (this.recent(performance.now()) * 1_000) / spanMs > aboveWorksPerSecond
  }

  /** Until enough have come, or the work that has waited longest, `sinceMs`, has waited long enough. */
  async wait(sinceMs: number): Promise<void> {
    const leftMs = sinceMs + maxMs - performance.now()
    if (leftMs <= 0) return // it had to wait for the turn of another one
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.end = () => resolve(true)
    const timer = setTimeout(() => resolve(false), leftMs)
    const haveCome = await promise
    clearTimeout(timer)
    this.end = undefined
    if (haveCome || performance.now() - this.lastMs < quietMs) this.backoff.succeeded()
    else this.backoff.failed()
  }

  private recent(nowMs: number): number {
    return this.works * Math.exp((this.lastMs - nowMs) / spanMs)
  }
}
