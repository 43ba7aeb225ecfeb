// How large Kafka's own producer takes a record to be: an upper bound, uncompressed, with a batch of its own around it.
// https://github.com/apache/kafka/blob/4.0.0/clients/src/main/java/org/apache/kafka/common/record/DefaultRecordBatch.java
// (estimateBatchSizeUpperBound)
import type { NewRecord } from '../events/event-to-record.ts'

export const BATCH_OVERHEAD_BYTES = 61
/** Length, attributes, timestamp and offset, each as long as it can be. */
const RECORD_OVERHEAD_BYTES = 21

export function recordSize({ key, value, headers }: NewRecord): number {
  const entries = Object.entries(headers)
  let bytes = RECORD_OVERHEAD_BYTES + varintSize(entries.length)
  bytes += fieldSize(key === null ? undefined : Buffer.byteLength(key)) + fieldSize(value?.length)
  for (const [name, text] of entries) bytes += fieldSize(Buffer.byteLength(name)) + fieldSize(Buffer.byteLength(text))
  return bytes
}

/** A field and its length; undefined for none. */
function fieldSize(bytes: number | undefined): number {
  return bytes === undefined ? 1 : varintSize(bytes) + bytes
}

/** Numbers take seven bits a byte, and one bit more for their sign. */
function varintSize(value: number): number {
  let bytes = 1
  for (let rest = value * 2; rest >= 0x80; rest /= 0x80) bytes++
  return bytes
}
