/** The value that `share` of the values are below: 0.95 for the 95th percentile, 1 for the largest. 0 when there are none. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
