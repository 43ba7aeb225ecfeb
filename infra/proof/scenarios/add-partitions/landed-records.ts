// Where the records of the load really are, compared with where the hash of their keys puts them.
import { readLog } from '../../audit/read-log.ts'
import type { LogRange } from '../../audit/log-offsets.ts'
import type { Stage } from '../stage/stage.ts'
import { partitionOf } from './key-partition.ts'

export interface LandedRecords {
  readonly all: number
  /** Where the old number of partitions puts their key, and not the new one. */
  readonly byOld: number
  /** Where the new number puts their key, and not the old one. */
  readonly byNew: number
  /** Where both do. */
  readonly byBoth: number
  /** Of keys that move: written to the old place behind one that is in the new place. */
  readonly backAgain: number
}

export async function readLandedRecords(
  { kafka }: Stage,
  ranges: readonly LogRange[],
  before: number,
  after: number
): Promise<LandedRecords> {
  const counts = { all: 0, byOld: 0, byNew: 0, byBoth: 0 }
  const lastInOld = new Map<string, number>()
  const firstInNew = new Map<string, number>()
  await readLog(kafka, ranges, async records => {
    for (const { partition, key, headers } of records) {
      const student = key?.toString() ?? ''
      const sequence = Number(headers.find(([name]) => name === 'ce_sequence')?.[1]?.toString())
      const [old, now] = [partitionOf(student, before), partitionOf(student, after)]
      counts.all++
      if (partition === old && partition === now) counts.byBoth++
      else if (partition === old) {
        counts.byOld++
        lastInOld.set(student, Math.max(lastInOld.get(student) ?? 0, sequence))
      } else if (partition === now) {
        counts.byNew++
        firstInNew.set(student, Math.min(firstInNew.get(student) ?? Infinity, sequence))
      }
    }
  })
  const backAgain = [...firstInNew].filter(([student, first]) => (lastInOld.get(student) ?? 0) > first).length
  return { ...counts, backAgain }
}
