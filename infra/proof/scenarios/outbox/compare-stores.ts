// What one store has and the other lacks.

export interface StoreDifference {
  readonly rows: number
  /** Different ones: an event may come twice. */
  readonly events: number
  readonly withoutEvent: number
  readonly withoutRow: number
}

export function compareStores(rows: readonly string[], events: readonly string[]): StoreDifference {
  const stored = new Set(rows)
  const announced = new Set(events)
  return {
    rows: stored.size,
    events: announced.size,
    withoutEvent: [...stored].filter(id => !announced.has(id)).length,
    withoutRow: [...announced].filter(id => !stored.has(id)).length
  }
}
