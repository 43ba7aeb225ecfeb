// How far from their order updates were met.

/** Pairs of one student's updates of which the later one came first. */
export function outOfOrderPairs(sequences: readonly number[]): number {
  return sequences.reduce(
    (sum, sequence, index) => sum + sequences.slice(index + 1).filter(after => after < sequence).length,
    0
  )
}

/** Of so many updates of one student. */
export function pairsOf(updates: number): number {
  return (updates * (updates - 1)) / 2
}
