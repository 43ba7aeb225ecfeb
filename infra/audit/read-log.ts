// Reads partitions from their start to a given end, a batch at a time.
//
// kafkajs reads only as a member of a group, so the audit has a group of its own for as long as it reads. It commits nothing.
import { randomUUID } from 'node:crypto'
import type { Batch, Consumer, Kafka } from 'kafkajs'
import type { KafkaRecord } from '../local/dataplane/record.ts'
import type { LogRange } from './log-offsets.ts'

/** Of one answer of Kafka, compressed; a well compressed record takes a hundred times as much in memory. */
const maxFetchBytes = 1024 * 1024
const maxPartitionBytes = 256 * 1024
/** Without any record for so long the audit gives up. */
const stallTimeoutMs = 60_000

/** `take` is awaited before more is fetched, so memory stays bounded however slow it is. */
export async function readLog(
  kafka: Kafka,
  ranges: readonly LogRange[],
  take: (records: readonly KafkaRecord[]) => Promise<void>
): Promise<void> {
  const keyOf = ({ topic, partition }: { topic: string; partition: number }) => `${topic}/${partition}`
  const ends = new Map(ranges.filter(({ start, end }) => start < end).map(range => [keyOf(range), range.end]))
  if (ends.size === 0) return

  const groupId = `audit-${randomUUID()}`
  const consumer = kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    sessionTimeout: 60_000,
    maxBytesPerPartition: maxPartitionBytes,
    maxBytes: maxFetchBytes,
    maxWaitTimeInMs: 250,
    retry: { restartOnFailure: async () => false }
  })
  const done = Promise.withResolvers<void>()
  done.promise.catch(() => undefined) // it may fail before it is awaited
  const stalled = () => done.reject(new Error(`Kafka sent no record for ${stallTimeoutMs / 1_000} s`))
  let stall = setTimeout(stalled, stallTimeoutMs)

  const reached = (at: { topic: string; partition: number }, next: number) => {
    clearTimeout(stall)
    stall = setTimeout(stalled, stallTimeoutMs)
    if (next < (ends.get(keyOf(at)) ?? 0)) return
    ends.delete(keyOf(at))
    consumer.pause([{ topic: at.topic, partitions: [at.partition] }])
    if (ends.size === 0) done.resolve()
  }
  consumer.on(consumer.events.CRASH, ({ payload }) => done.reject(payload.error))
  // Only control or aborted records: eachBatch is not called for those.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    if (payload.batchSize === 0) reached(payload, Number(payload.lastOffset) + 1)
  })
  try {
    await consumer.connect()
    const topics = [...new Set(ranges.filter(range => ends.has(keyOf(range))).map(({ topic }) => topic))]
    await consumer.subscribe({ topics, fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch, heartbeat }) => {
        const end = ends.get(keyOf(batch))
        if (end === undefined) return // another partition of the topic, or one that has been read
        await take(recordsOf(batch).filter(({ offset }) => offset < end))
        await heartbeat()
        reached(batch, Number(batch.lastOffset()) + 1)
      }
    })
    for (const { topic, partition, start } of ranges) consumer.seek({ topic, partition, offset: String(start) })
    await done.promise
  } finally {
    clearTimeout(stall)
    await leave(kafka, consumer, groupId)
  }
}

/** The group is deleted where that is allowed; otherwise Kafka forgets it, as it has no offsets. */
async function leave(kafka: Kafka, consumer: Consumer, groupId: string): Promise<void> {
  await consumer.disconnect().catch(() => undefined)
  const admin = kafka.admin()
  await admin
    .connect()
    .then(() => admin.deleteGroups([groupId]))
    .catch(() => undefined)
  await admin.disconnect().catch(() => undefined)
}

function recordsOf({ topic, partition, messages }: Batch): KafkaRecord[] {
  return messages.map(({ offset, timestamp, key, value, headers = {} }) => ({
    topic,
    partition,
    offset: Number(offset),
    timestampMs: Number(timestamp),
    key,
    value,
    headers: Object.entries(headers).flatMap(([name, values]) =>
      [values].flat().map((one): [string, Buffer | null] => [name, one === undefined ? null : Buffer.from(one)])
    )
  }))
}
