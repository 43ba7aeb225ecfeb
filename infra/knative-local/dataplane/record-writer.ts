// Writes records: everything that comes in while a request to Kafka is under way goes out together in the next one. Per topic one
// request at a time, so that records of one key keep their order; acks from all replicas, snappy.
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs, { type Kafka, type Producer } from 'kafkajs'
import { connectOnce } from './connect-once.ts'
import type { NewRecord } from './event-to-record.ts'

const { CompressionTypes, Partitioners } = kafkajs

/** Kafka's default max.request.size: more is refused here rather than failing the batch it would be part of. */
const MAX_RECORD_BYTES = 1024 * 1024
/** Of one topic, waiting to be written. */
const MAX_WAITING_RECORDS = 10_000
const MAX_WAITING_BYTES = 64 * 1024 * 1024
const MAX_BATCH_BYTES = 1024 * 1024
const ACKS_FROM_ALL = -1
/** A broker's answer to one request. */
const REQUEST_TIMEOUT_MS = 10_000
/** Kafka gives up a dead broker after 9 s (broker.session.timeout.ms) and then has to elect leaders. */
const GIVE_UP_AFTER_MS = 30_000
const TRY_AGAIN_MS = 200

interface Waiting {
  readonly record: NewRecord
  readonly bytes: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export interface RecordWriter {
  /** Resolves once all in-sync replicas have the record. */
  write(topic: string, record: NewRecord): Promise<void>
  close(): Promise<void>
}

/** Connects when the first record comes. */
export function openRecordWriter(kafka: Kafka): RecordWriter {
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    maxInFlightRequests: 5,
    // kafkajs must not try again by itself: of a request that succeeded on some brokers and failed on others it repeats only the
    // rest, and leaves out partitions whose new leader is a broker that had answered. It then reports success for records that
    // were never written (kafkajs/src/producer/sendMessages.js, brokersWithoutResponse). Here a batch is repeated as a whole: a
    // record may be written twice, never not at all.
    retry: { retries: 0 }
  })
  const connected = connectOnce(() => producer.connect())
  const topics = new Map<string, TopicWriter>()
  return {
    write: (topic, record) => {
      let writer = topics.get(topic)
      if (writer === undefined) topics.set(topic, (writer = new TopicWriter(producer, connected, topic)))
      return writer.write(record)
    },
    close: async () => {
      await Promise.all(Array.from(topics.values(), writer => writer.written()))
      await producer.disconnect()
    }
  }
}

class TopicWriter {
  private readonly producer: Producer
  private readonly connected: () => Promise<void>
  private readonly topic: string
  private waiting: Waiting[] = []
  private waitingBytes = 0
  private writing: Promise<void> | undefined

  constructor(producer: Producer, connected: () => Promise<void>, topic: string) {
    this.producer = producer
    this.connected = connected
    this.topic = topic
  }

  write(record: NewRecord): Promise<void> {
    const bytes = sizeOf(record)
    if (bytes > MAX_RECORD_BYTES) {
      return Promise.reject(new Error(`the record has ${bytes} bytes, more than ${MAX_RECORD_BYTES}`))
    }
    if (this.waiting.length >= MAX_WAITING_RECORDS || this.waitingBytes >= MAX_WAITING_BYTES) {
      return Promise.reject(new Error(`${this.waiting.length} records wait to be written to ${this.topic} already`))
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ record, bytes, resolve, reject })
      this.waitingBytes += bytes
      this.writing ??= this.writeAll()
    })
  }

  async written(): Promise<void> {
    await this.writing
  }

  private async writeAll(): Promise<void> {
    // Lets the rest of this turn's requests come along.
    await new Promise(resolve => setImmediate(resolve))
    for (let batch = this.nextBatch(); batch.length > 0; batch = this.nextBatch()) {
      try {
        await this.writeBatch(batch.map(({ record }) => record))
        for (const { resolve } of batch) resolve()
      } catch (error) {
        for (const { reject } of batch) reject(error as Error)
      }
    }
    this.writing = undefined
  }

  private async writeBatch(messages: NewRecord[]): Promise<void> {
    const giveUpAtMs = performance.now() + GIVE_UP_AFTER_MS
    for (;;) {
      try {
        await this.connected()
        await this.producer.send({
          topic: this.topic,
          acks: ACKS_FROM_ALL,
          timeout: REQUEST_TIMEOUT_MS,
          compression: CompressionTypes.Snappy,
          messages
        })
        return
      } catch (error) {
        if (!mayTryAgain(error) || performance.now() > giveUpAtMs) throw error
        await sleep(TRY_AGAIN_MS)
      }
    }
  }

  private nextBatch(): Waiting[] {
    let bytes = 0
    let count = 0
    for (const { bytes: more } of this.waiting) {
      if (count > 0 && bytes + more > MAX_BATCH_BYTES) break
      bytes += more
      count++
    }
    this.waitingBytes -= bytes
    return this.waiting.splice(0, count)
  }
}

/** kafkajs says of an error whether another try makes sense, or that its own tries, of which there are none, were used up. */
function mayTryAgain(error: unknown): boolean {
  const { name, retriable } = error as { name?: string; retriable?: boolean }
  return name === 'KafkaJSNumberOfRetriesExceeded' || retriable === true
}

function sizeOf({ key, value, headers }: NewRecord): number {
  let bytes = Buffer.byteLength(key ?? '') + (value?.length ?? 0)
  for (const name in headers) bytes += name.length + Buffer.byteLength(headers[name] ?? '')
  return bytes
}
