// The newest records in memory: so many, and no more bytes than are good for a process.
import type { SeenRecord } from './seen-record.ts'

export const maxKept = 20_000
/** Of what is kept: previews, keys and data. */
const maxKeptBytes = 64 * 1024 * 1024
/** What a record costs besides its data. */
const overheadBytes = 1_000

export interface Arrived {
  /** Counts all that came in, in the order in which it came. */
  readonly number: number
  readonly record: SeenRecord
}

export interface KeptRecords {
  /** In the order in which they came. */
  readonly arrived: readonly Arrived[]
  /** The oldest make room. */
  keep(record: SeenRecord): void
}

export function createKeptRecords(): KeptRecords {
  const arrived: Arrived[] = []
  let number = 0
  let bytes = 0
  return {
    arrived,
    keep(record) {
      number++
      bytes += sizeOf(record)
      arrived.push({ number, record })
      let surplus = 0
      while (arrived.length - surplus > maxKept || bytes > maxKeptBytes) {
        const oldest = arrived[surplus]
        if (oldest === undefined) break
        bytes -= sizeOf(oldest.record)
        surplus++
      }
      // Many at once: removing one from the front of a long list moves all the others.
      if (surplus > 0) arrived.splice(0, surplus)
    }
  }
}

function sizeOf({ bytes, preview, key }: SeenRecord): number {
  return overheadBytes + bytes + 2 * (preview.length + key.length)
}
