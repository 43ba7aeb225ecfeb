// Writes records: everything that comes in while a request to Kafka is under way goes out together in the next one. Per topic one
// request at a time, so that records of one key keep their order; acks from all replicas, snappy.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kafka, Producer } from 'kafkajs'
import { connectOnce } from './connect-once.ts'
import type { NewRecord } from '../events/event-to-record.ts'
import { javaPartitioner, kafkajs } from './kafkajs.ts'
import { BATCH_OVERHEAD_BYTES, recordSize } from './record-size.ts'
import { openTopicLimits, type TopicLimits } from './topic-limits.ts'

/** max.request.size, Kafka's default and Knative's, counted as Java's producer counts; of a whole request here too. */
const MAX_REQUEST_BYTES = 1024 * 1024
/** Snappy makes what cannot be compressed a little larger. */
const SHARE_OF_LIMIT = 0.99
/** kafkajs takes time by the square of the records of a request. */
const MAX_BATCH_RECORDS = 1000
/** Of one topic, waiting to be written. */
const MAX_WAITING_RECORDS = 10_000
const MAX_WAITING_BYTES = 64 * 1024 * 1024
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
  const limits = openTopicLimits(kafka)
  const topics = new Map<string, TopicWriter>()
  return {
    write: (topic, record) => {
      let writer = topics.get(topic)
      if (writer === undefined) topics.set(topic, (writer = new TopicWriter(createProducer(kafka), limits, topic)))
      return writer.write(record)
    },
    close: async () => {
      await Promise.all(Array.from(topics.values(), writer => writer.close()))
      await limits.close()
    }
  }
}

/** One for each topic: kafkajs asks for all topics of a producer at once, and one that is gone or forbidden would stop the others. */
function createProducer(kafka: Kafka): Producer {
  return kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: javaPartitioner,
    maxInFlightRequests: 5,
    // kafkajs must not try again automatically: of a request that succeeded on some brokers and failed on others it repeats only the
    // rest, and leaves out partitions whose new leader is a broker that had answered. It then reports success for records that
    // were never written (kafkajs/src/producer/sendMessages.js, brokersWithoutResponse). Here a batch is repeated as a whole: a
    // record may be written twice, never not at all.
    retry: { retries: 0 }
  })
}

class TopicWriter {
  private readonly producer: Producer
  private readonly connected: () => Promise<void>
  private readonly limits: TopicLimits
  private readonly topic: string
  private waiting: Waiting[] = []
  private waitingBytes = 0
  private writing: Promise<void> | undefined

  constructor(producer: Producer, limits: TopicLimits, topic: string) {
    this.producer = producer
    this.connected = connectOnce(() => producer.connect())
    this.limits = limits
    this.topic = topic
  }

  write(record: NewRecord): Promise<void> {
    const bytes = recordSize(record)
    if (BATCH_OVERHEAD_BYTES + bytes > MAX_REQUEST_BYTES) {
      return Promise.reject(new Error(`the record has ${bytes} bytes, more than ${MAX_REQUEST_BYTES}`))
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

  /** What waits is written before. */
  async close(): Promise<void> {
    await this.writing
    await this.producer.disconnect()
  }

  private async writeAll(): Promise<void> {
    // Lets the rest of this turn's requests come along.
    await new Promise(resolve => setImmediate(resolve))
    while (this.waiting.length > 0) {
      const limit = (await this.limits.maxBatchBytes(this.topic)) * SHARE_OF_LIMIT
      await this.settle(this.nextBatch(Math.min(limit, MAX_REQUEST_BYTES)))
    }
    this.writing = undefined
  }

  /**
   * What Kafka refuses permanently, because it is too large or has no key where the topic needs one, is refused alone: the others of
   * its batch are written in halves, as Java's producer splits a batch that is too large.
   */
  private async settle(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.writeBatch(batch.map(({ record }) => record))
      for (const { resolve } of batch) resolve()
    } catch (error) {
      if (batch.length === 1 || !isOfOneRecord(error)) {
        for (const { reject } of batch) reject(error as Error)
        return
      }
      const half = Math.ceil(batch.length / 2)
      await this.settle(batch.slice(0, half))
      await this.settle(batch.slice(half))
    }
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
          compression: kafkajs.CompressionTypes.Snappy,
          messages
        })
        return
      } catch (error) {
        if (!mayTryAgain(error) || performance.now() > giveUpAtMs) throw error
        await sleep(TRY_AGAIN_MS)
      }
    }
  }

  /** At least one record, which may still fit when it is compressed. */
  private nextBatch(maxBytes: number): Waiting[] {
    let bytes = BATCH_OVERHEAD_BYTES
    let count = 0
    for (const { bytes: more } of this.waiting) {
      if (count > 0 && (bytes + more > maxBytes || count === MAX_BATCH_RECORDS)) break
      bytes += more
      count++
    }
    this.waitingBytes -= bytes - BATCH_OVERHEAD_BYTES
    return this.waiting.splice(0, count)
  }
}

/** What Kafka says of a whole batch because of one record in it. https://kafka.apache.org/protocol.html#protocol_error_codes */
const OF_ONE_RECORD = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_TIMESTAMP', 'INVALID_RECORD'])

function isOfOneRecord(error: unknown): boolean {
  return OF_ONE_RECORD.has((error as { type?: string }).type ?? '')
}

/** kafkajs says of an error whether another try makes sense, or that its own tries, of which there are none, were used up. */
function mayTryAgain(error: unknown): boolean {
  const { name, retriable } = error as { name?: string; retriable?: boolean }
  return name === 'KafkaJSNumberOfRetriesExceeded' || retriable === true
}
