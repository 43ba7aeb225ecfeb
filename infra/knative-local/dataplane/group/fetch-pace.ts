// How soon a member asks for more. A fetch costs a broker, and a burst of deliveries the functions behind it, about the same whether it brings
// one record or ten. So while records come fast they are gathered for a moment; one that comes after a quiet time is fetched at once.

/** What each record waits at most, and half of it on average. */
export const GATHER_MS = 25
/** Gathered is what is likely to be three records or more, and so never what a person sends by hand. */
export const GATHER_ABOVE_PER_SECOND = 150
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
    return this.recent(nowMs) > (GATHER_ABOVE_PER_SECOND * SPAN_MS) / 1000 ? GATHER_MS : 0
  }

  private recent(nowMs: number): number {
    return this.records * Math.exp((this.atMs - nowMs) / SPAN_MS)
  }
}
