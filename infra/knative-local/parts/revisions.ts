// Revisions that are handed to another process one after the other, and which of them is in effect there.

export interface Revisions {
  /** The number of a new one. */
  next(): number
  /** This one is in effect, and with it all before it. */
  reached(revision: number): void
  /** Every one is. */
  allReached(): void
  /** Resolves when the newest of this moment is. */
  newestReached(): Promise<void>
}

export function createRevisions(): Revisions {
  let newest = 0
  let inEffect = 0
  let waiting: { readonly for: number; readonly end: () => void }[] = []

  function reached(revision: number): void {
    inEffect = revision
    for (const { end } of waiting.filter(one => one.for <= revision)) end()
    waiting = waiting.filter(one => one.for > revision)
  }

  return {
    next: () => (newest += 1),
    reached,
    allReached: () => reached(newest),
    async newestReached() {
      if (inEffect < newest) await new Promise<void>(end => waiting.push({ for: newest, end }))
    }
  }
}
