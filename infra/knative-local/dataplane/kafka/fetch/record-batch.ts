// Record batches as bytes become records, in time that grows with their size. https://kafka.apache.org/documentation/#recordbatch
//
// kafkajs' own decoder copies all headers of a record for each of its headers, knows no repeats of their order, checks no CRC, and
// throws away a whole answer of all topics for one batch that it cannot decode.
// @ts-expect-error kafkajs ships no types for its inner files
import crc32c from 'kafkajs/src/protocol/recordBatch/crc32C/index.js'
import { decompress, MAX_DECOMPRESSED_BYTES } from './codecs.ts'
import {
  DecodedMessage,
  nothingUpTo,
  UnreadableBatch,
  type BatchContext,
  type FetchedMessage
} from './decoded-message.ts'
import { RecordReader } from './record-reader.ts'

/** Of one partition and answer: what is left comes with the next one. */
const MAX_RECORDS = 10_000

/** How much of an answer, over all its partitions, may still become records: what is left comes with the next one. */
export class DecodingBudget {
  bytes = MAX_DECOMPRESSED_BYTES / 4
  /** Of two bytes in Kafka, and about 250 here: 100 MB. */
  headers = 400_000

  get isSpent(): boolean {
    return this.bytes <= 0 || this.headers <= 0
  }
}

const LENGTH_AT = 8
const MAGIC_AT = 16
const CRC_AT = 17
const ATTRIBUTES_AT = 21
const RECORDS_AT = 61
/** Bytes of a batch that its length does not count. */
const LOG_OVERHEAD = 12

export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: bigint
}

interface Batch {
  readonly bytes: Buffer
  readonly baseOffset: bigint
  readonly lastOffset: bigint
  readonly codec: number
  readonly baseTimestamp: bigint
  /** The broker's time, instead of the records' own. */
  readonly appendTime: bigint | undefined
  readonly producerId: bigint
  readonly count: number
  readonly context: BatchContext
}

/** The records from `fetchOffset` on, those of aborted transactions left out; an unreadable batch takes the place of its records. */
export async function decodeBatches(
  bytes: Buffer,
  fetchOffset: bigint,
  aborted: readonly AbortedTransaction[],
  highWatermark: bigint,
  budget = new DecodingBudget()
): Promise<FetchedMessage[]> {
  const messages: FetchedMessage[] = []
  const open = aborted.toSorted((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1))
  const abortedProducers = new Set<bigint>()
  for (let at = 0; messages.length < MAX_RECORDS && !budget.isSpent;) {
    const batch = readHeader(bytes.subarray(at))
    if (batch === undefined) break // the end, or a batch that is cut off there
    at += batch.bytes.length
    const end = readHeader(bytes.subarray(at))?.baseOffset ?? highWatermark
    const damage = damageOf(batch.bytes)
    if (damage !== undefined) {
      if (end > fetchOffset) messages.push(unreadable(batch, fetchOffset, end, damage))
      continue
    }
    if (batch.lastOffset < fetchOffset) continue
    while (open[0] !== undefined && open[0].firstOffset <= batch.lastOffset) {
      abortedProducers.add((open.shift() as AbortedTransaction).producerId)
    }
    if (batch.context.isControlBatch) {
      // Commit or abort, the producer's transaction is over; one that is aborted later has an entry of its own.
      abortedProducers.delete(batch.producerId)
      messages.push(nothingUpTo(batch.lastOffset, batch.context))
    } else if (batch.context.inTransaction && abortedProducers.has(batch.producerId)) {
      messages.push(nothingUpTo(batch.lastOffset, batch.context))
    } else {
      await decodeBatch(batch, fetchOffset, end, messages, budget)
    }
  }
  return messages
}

/** undefined when the bytes do not hold a whole batch. */
function readHeader(rest: Buffer): Batch | undefined {
  if (rest.length < LOG_OVERHEAD) return undefined
  const end = LOG_OVERHEAD + rest.readInt32BE(LENGTH_AT)
  if (end < RECORDS_AT || rest.length < end) return undefined
  const bytes = rest.subarray(0, end)
  const baseOffset = bytes.readBigInt64BE(0)
  const attributes = bytes.readInt16BE(ATTRIBUTES_AT)
  const maxTimestamp = bytes.readBigInt64BE(35)
  const producerId = bytes.readBigInt64BE(43)
  return {
    bytes,
    baseOffset,
    lastOffset: baseOffset + BigInt(Math.max(0, bytes.readInt32BE(23))),
    codec: attributes & 7,
    baseTimestamp: bytes.readBigInt64BE(27),
    appendTime: attributes & 8 ? maxTimestamp : undefined,
    producerId,
    count: bytes.readInt32BE(57),
    context: {
      firstOffset: String(baseOffset),
      producerId: String(producerId),
      inTransaction: (attributes & 16) !== 0,
      isControlBatch: (attributes & 32) !== 0
    }
  }
}

/** Appends the records; what they keep in memory is taken from the budget. */
async function decodeBatch(
  batch: Batch,
  fetchOffset: bigint,
  end: bigint,
  messages: FetchedMessage[],
  budget: DecodingBudget
): Promise<void> {
  const before = messages.length
  try {
    const body = batch.bytes.subarray(RECORDS_AT)
    const records = batch.codec === 0 ? body : await decompress(batch.codec, body)
    budget.bytes -= records.length
    decodeRecords(new RecordReader(records), batch, fetchOffset, messages, budget)
    // Compaction may have removed the batch's last records, or all of them.
    if (messages.length === before) messages.push(nothingUpTo(batch.lastOffset, batch.context))
  } catch (error) {
    messages.length = before
    messages.push(unreadable(batch, fetchOffset, end, (error as Error).message))
  }
}

/** `end`: where what follows begins. Of a damaged batch the last offset may be damaged too, and what follows is not lost with it. */
function unreadable({ baseOffset, lastOffset, context }: Batch, fetchOffset: bigint, end: bigint, reason: string) {
  const from = baseOffset > fetchOffset ? baseOffset : fetchOffset
  const to = lastOffset < end && lastOffset >= from ? lastOffset : end > from ? end - 1n : from
  return new UnreadableBatch(from, to, reason, { ...context, isControlBatch: false, inTransaction: false })
}

/** The checksum covers everything that follows it, as Java's consumer checks it (check.crcs). */
function damageOf(bytes: Buffer): string | undefined {
  const wanted = bytes.readUInt32BE(CRC_AT)
  const found = (crc32c as (bytes: Buffer) => number)(bytes.subarray(ATTRIBUTES_AT))
  return wanted === found ? undefined : `its checksum is ${found}, not ${wanted}: Kafka's file is damaged`
}

function decodeRecords(
  reader: RecordReader,
  batch: Batch,
  fetchOffset: bigint,
  messages: FetchedMessage[],
  budget: DecodingBudget
): void {
  // Most deltas are small: only the first record to be read costs a comparison of big numbers.
  const firstDelta = Number(fetchOffset > batch.baseOffset ? fetchOffset - batch.baseOffset : 0n)
  const before = messages.length
  for (let i = 0; i < batch.count && messages.length - before < MAX_RECORDS && budget.headers > 0; i++) {
    const end = reader.recordEnd()
    const timestampDelta = reader.varlong()
    const offsetDelta = reader.varint()
    if (offsetDelta >= firstDelta) {
      const message = new DecodedMessage(
        batch.baseOffset + BigInt(offsetDelta),
        batch.appendTime ?? BigInt.asIntN(64, batch.baseTimestamp + timestampDelta),
        reader.bytes(),
        reader.bytes(),
        reader.headers(),
        batch.context
      )
      messages.push(message)
      budget.headers -= message.headerList.length
    }
    reader.skipTo(end)
  }
}

/** Of the first batch; batches of old brokers have other layouts below 2. */
export function magicOf(bytes: Buffer): number {
  return bytes.length > MAGIC_AT ? bytes.readInt8(MAGIC_AT) : 2
}
