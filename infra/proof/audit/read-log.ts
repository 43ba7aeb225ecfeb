// Reads partitions from their start to a given end, a batch at a time.
//
// kafkajs reads only as a member of a group, so the audit has a group of its own for as long as it reads. It commits nothing.
import { randomUUID } from 'node:crypto'
import type { Kafka } from 'kafkajs'
import { toRecord, type KafkaRecord } from '../../knative-local/events.ts'
import { leaveGroup } from './leave-group.ts'
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
  const unread = ranges.filter(({ start, end }) => start < end)
  if (unread.length === 0) return
  const ends = new Map(unread.map(range => [keyOf(range), range.end]))
  /** The next offset to take: a member that has to join again begins at the start again. */
  const positions = new Map(unread.map(range => [keyOf(range), range.start]))

  const groupId = `audit-${randomUUID()}`
  const consumer = kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    sessionTimeout: 60_000,
    maxBytesPerPartition: maxPartitionBytes,
    maxBytes: maxFetchBytes,
    maxWaitTimeInMs: 250
  })
  const done = Promise.withResolvers<void>()
  done.promise.catch(() => undefined) // it may fail before it is awaited
  const stalled = () => done.reject(new Error(`Kafka sent no record for ${stallTimeoutMs / 1_000} s`))
  let stall = setTimeout(stalled, stallTimeoutMs)

  const reached = (at: { topic: string; partition: number }, next: number) => {
    clearTimeout(stall)
    stall = setTimeout(stalled, stallTimeoutMs)
    positions.set(keyOf(at), next)
    if (next < (ends.get(keyOf(at)) ?? 0)) return
    ends.delete(keyOf(at))
    consumer.pause([{ topic: at.topic, partitions: [at.partition] }])
    if (ends.size === 0) done.resolve()
  }
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) done.reject(payload.error)
  })
  // Only control or aborted records: eachBatch is not called for those.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    const next = Number(payload.lastOffset) + 1
    if (payload.batchSize === 0 && next > (positions.get(keyOf(payload)) ?? Infinity)) reached(payload, next)
  })
  try {
    await consumer.connect()
    const topics = [...new Set(unread.map(({ topic }) => topic))]
    await consumer.subscribe({ topics, fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch, heartbeat }) => {
        const end = ends.get(keyOf(batch))
        const position = positions.get(keyOf(batch))
        if (end === undefined || position === undefined) return // not asked for, or read to its end
        try {
          const fresh = batch.messages.flatMap(message => {
            const offset = Number(message.offset)
            return offset >= position && offset < end ? [toRecord(batch.topic, batch.partition, offset, message)] : []
          })
          await take(fresh)
        } catch (error) {
          // A record that cannot be read, or that `take` refuses: nothing to try again.
          done.reject(new Error(`${keyOf(batch)}: ${(error as Error).message}`, { cause: error }))
          return
        }
        if (Number(batch.lastOffset()) >= position) reached(batch, Number(batch.lastOffset()) + 1)
        await heartbeat() // may throw, and then the same records come again
      }
    })
    for (const { topic, partition, start } of unread) consumer.seek({ topic, partition, offset: String(start) })
    await done.promise
  } finally {
    clearTimeout(stall)
    await leaveGroup(kafka, consumer, groupId)
  }
}
