// How soon a member asks for more. A fetch costs a broker, and a burst of deliveries the functions behind it, about the same whether it brings
// one record or ten. So while records come fast they are gathered for a moment; one that comes after a quiet time is fetched at once.

/** Gathered is what is likely to be two records or more, and so never what a person sends by hand. */
export const GATHER_ABOVE_PER_SECOND = 150
/** For each record a second: the wait grows with the rate, so that what is gathered grows with its square. */
const GATHER_MS_PER_RATE = 1 / 4.5
/** What a record waits at most, and half of it on average. */
export const MAX_GATHER_MS = 50
/** Over which the rate is measured, later records counting more. */
const SPAN_MS = 300

export class FetchPace {
  private records = 0
  private atMs = 0

  /** `nowMs`: on the clock of performance.now(). */
  arrived(records: number, nowMs: number): void {
    this.records = this.recent(nowMs) + records
    this.atMs = nowMs
  }

  /** How long the next fetch waits. */
  waitMs(nowMs: number): number {
    const perSecond = (this.recent(nowMs) * 1000) / SPAN_MS
    return perSecond > GATHER_ABOVE_PER_SECOND ? Math.min(MAX_GATHER_MS, perSecond * GATHER_MS_PER_RATE) : 0
  }

  private recent(nowMs: number): number {
    return this.records * Math.exp((this.atMs - nowMs) / SPAN_MS)
  }
}
