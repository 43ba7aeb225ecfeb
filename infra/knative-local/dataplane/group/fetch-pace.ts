// How soon a member asks for more. A fetch costs a broker, and a burst of deliveries the functions behind it, about the same whether it brings
// one record or ten. So while records come fast they are gathered for a moment; one that comes after a quiet time is fetched at once.

/** Gathered is what is likely to be fifteen records or more, and so never what a person sends by hand. */
export const GATHER_ABOVE_PER_SECOND = 150
/** So many are worth a fetch; the faster they come, the sooner they are there. */
const ENOUGH_RECORDS = 20
/** What a record waits at most, and half of it on average. */
export const MAX_GATHER_MS = 100
/** However fast they come: so much a record may wait where each costs least. */
export const MIN_GATHER_MS = 50
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
    if (perSecond <= GATHER_ABOVE_PER_SECOND) return 0
    return Math.max(MIN_GATHER_MS, Math.min(MAX_GATHER_MS, (ENOUGH_RECORDS * 1000) / perSecond))
  }

  private recent(nowMs: number): number {
    return this.records * Math.exp((this.atMs - nowMs) / SPAN_MS)
  }
}
