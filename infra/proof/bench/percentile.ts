/** By nearest rank: the smallest value that `share` of all do not exceed, 1 for the largest; 0 of none. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}
