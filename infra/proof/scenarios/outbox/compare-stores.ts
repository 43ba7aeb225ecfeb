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
  const told = new Set(events)
  return {
    rows: stored.size,
    events: told.size,
    withoutEvent: [...stored].filter(id => !told.has(id)).length,
    withoutRow: [...told].filter(id => !stored.has(id)).length
  }
}
