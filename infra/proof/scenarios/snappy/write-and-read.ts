// One topic: written with one codec, read back, both measured, and every record compared with what was written.
import type { KafkaMessage } from 'kafkajs'
import { until } from '../../../knative-local/testing.ts'
import { deleteGroup } from '../stage/delete-group.ts'
import type { Stage } from '../stage/stage.ts'
import { type BatchCounts, type Codec, codecs, compressionOf } from './codecs.ts'
import { type Payload, recordsPerRequest, type StudentRecord } from './student-records.ts'

export interface Rate {
  readonly recordsPerSecond: number
  readonly megabytesPerSecond: number
}

export interface Measured {
  readonly topic: string
  readonly payload: Payload
  readonly codec: Codec
  readonly written: Rate
  readonly read: Rate
  /** Records that came back as they were written, at the offset at which they were. */
  readonly same: number
  /** Compressed batches that were read, by the codec in their header. */
  readonly batches: BatchCounts
}

export interface Run {
  readonly topic: string
  readonly payload: Payload
  readonly codec: Codec
  readonly records: readonly StudentRecord[]
  readonly decompressed: BatchCounts
}

const readTimeoutMs = 60_000
/** How long an empty fetch waits; the reader leaves no sooner. */
const maxWaitTimeInMs = 250

export async function writeAndRead(stage: Stage, run: Run): Promise<Measured> {
  const { topic, payload, codec, records, decompressed } = run
  const bytes = records.reduce((sum, record) => sum + sizeOf(record), 0)
  const rateOf = (ms: number): Rate => ({
    recordsPerSecond: (records.length / ms) * 1_000,
    megabytesPerSecond: bytes / 1e6 / (ms / 1_000)
  })
  const writtenMs = await write(stage, run)
  const before = { ...decompressed }
  const { messages, ms } = await read(stage, topic, records.length)
  const batches = Object.fromEntries(codecs.map(name => [name, decompressed[name] - before[name]])) as BatchCounts
  const same = records.filter((record, offset) => isSame(record, messages.get(offset))).length
  return { topic, payload, codec, written: rateOf(writtenMs), read: rateOf(ms), same, batches }
}

async function write({ kafka, undo }: Stage, { topic, codec, records }: Run): Promise<number> {
  const producer = kafka.producer({ idempotent: true })
  undo(`the producer of ${topic}`, () => producer.disconnect())
  await producer.connect()
  const began = performance.now()
  for (let first = 0; first < records.length; first += recordsPerRequest) {
    const messages = records.slice(first, first + recordsPerRequest)
    await producer.send({ topic, messages, acks: -1, compression: compressionOf[codec] })
  }
  return performance.now() - began
}

/** By offset; the time is from the assignment of the partition to the last record. */
async function read({ kafka, admin, undo, signal }: Stage, topic: string, count: number) {
  const groupId = `${topic}-reader`
  const messages = new Map<number, KafkaMessage>()
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs })
  undo(`group ${groupId}`, async () => {
    await consumer.disconnect()
    await deleteGroup(admin, groupId)
  })
  let [joinedAt, endedAt] = [0, 0]
  consumer.on(consumer.events.GROUP_JOIN, () => (joinedAt = performance.now()))
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    eachBatch: async ({ batch }) => {
      for (const message of batch.messages) messages.set(Number(message.offset), message)
      if (messages.size === count) endedAt = performance.now()
    }
  })
  await until(`${count} records of ${topic}`, readTimeoutMs, async () => endedAt > 0, { signal })
  await consumer.stop()
  return { messages, ms: endedAt - joinedAt }
}

function sizeOf({ key, value, headers }: StudentRecord): number {
  const text = Object.entries(headers).reduce((sum, [name, content]) => sum + name.length + content.length, key.length)
  return text + value.length
}

function isSame({ key, value, headers }: StudentRecord, message: KafkaMessage | undefined): boolean {
  const seen = Object.entries(message?.headers ?? {})
  return (
    message?.key?.toString() === key &&
    message.value?.equals(value) === true &&
    seen.length === Object.keys(headers).length &&
    seen.every(([name, content]) => content?.toString() === headers[name])
  )
}
