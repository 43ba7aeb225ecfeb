// What was acknowledged, compared with what is there.
import type { Acknowledged } from './writer.ts'

export interface RecordAccount {
  readonly acknowledged: number
  /** Of those. */
  readonly found: number
  readonly lost: number
  /** Records that are there once more. */
  readonly twice: number
  /** Longest time between two acknowledgements of one partition. */
  readonly longestWaitMs: number
}

/** Of one or several partitions. `numbers` are those of all records that were found in them. */
export function accountFor(acknowledged: readonly Acknowledged[], numbers: readonly number[]): RecordAccount {
  const there = new Set(numbers)
  const found = acknowledged.filter(({ number }) => there.has(number)).length
  const byPartition = Map.groupBy(acknowledged, ({ partition }) => partition)
  return {
    acknowledged: acknowledged.length,
    found,
    lost: acknowledged.length - found,
    twice: numbers.length - there.size,
    longestWaitMs: Math.max(0, ...[...byPartition.values()].map(own => longestGap(own.map(({ atMs }) => atMs))))
  }
}

function longestGap(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted.reduce((longest, time, index) => Math.max(longest, time - (sorted[index - 1] ?? time)), 0)
}
