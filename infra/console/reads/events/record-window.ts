// The newest records of all topics, kept in memory while somebody looks, and what comes after them.
//
// kafkajs reads only as a member of a group: this has one of its own, `console-…`, which commits nothing and is deleted afterwards.
import { randomUUID } from 'node:crypto'
import type { Admin, Kafka } from 'kafkajs'
import { toRecord } from '../../../knative-local/events.ts'
import { leaveGroup } from '../../../proof/audit/leave-group.ts'
import { type LogRange, logRanges } from '../../../proof/audit/log-offsets.ts'
import { type Arrived, createKeptRecords, maxKept } from './kept-records.ts'
import { type SeenRecord, seenRecord } from './seen-record.ts'

/** Nobody has asked for so long: the group is left. */
const idleMs = 60_000
/** The first answer waits no longer for what was there before. */
const loadTimeoutMs = 15_000

export interface Window {
  /** In the order in which they came. */
  readonly arrived: readonly Arrived[]
  /** Another one after a new start: numbers begin again. */
  readonly generation: string
  /** The newest number. */
  readonly last: number
}

export interface RecordWindow {
  /** Starts reading when nobody has asked lately; then it waits for what there is. @throws when Kafka cannot be asked */
  look(topics: readonly string[]): Promise<Window>
  /** Of what is in memory now. */
  find(topic: string, partition: number, offset: number): SeenRecord | undefined
  findById(id: string): SeenRecord[]
  stop(): Promise<void>
}

interface Reading {
  readonly generation: string
  readonly topics: string
  readonly arrived: readonly Arrived[]
  readonly loaded: Promise<void>
  stop(): Promise<void>
}

export function openRecordWindow(kafka: Kafka): RecordWindow {
  let reading: Promise<Reading> | undefined
  let current: Reading | undefined
  let idle: NodeJS.Timeout | undefined

  async function stop(): Promise<void> {
    clearTimeout(idle)
    const ended = await reading?.catch(() => undefined)
    reading = undefined
    current = undefined
    await ended?.stop()
  }

  return {
    async look(topics) {
      clearTimeout(idle)
      idle = setTimeout(() => void stop(), idleMs)
      idle.unref()
      const wanted = topics.toSorted().join('\n')
      if (current !== undefined && current.topics !== wanted) await stop() // a topic was added by an edit
      reading ??= startReading(kafka, topics, wanted)
      try {
        current = await reading
      } catch (error) {
        reading = undefined
        throw error
      }
      await current.loaded
      return { arrived: current.arrived, generation: current.generation, last: current.arrived.at(-1)?.number ?? 0 }
    },
    find: (topic, partition, offset) =>
      current?.arrived.find(
        ({ record }) => record.offset === offset && record.partition === partition && record.topic === topic
      )?.record,
    findById: id => (current?.arrived ?? []).map(({ record }) => record).filter(record => record.id === id),
    stop
  }
}

async function startReading(kafka: Kafka, topics: readonly string[], wanted: string): Promise<Reading> {
  const admin = kafka.admin()
  await admin.connect()
  const ranges = await newestOf(admin, topics).finally(() => admin.disconnect())
  const groupId = `console-${randomUUID()}`
  const keyOf = ({ topic, partition }: { topic: string; partition: number }) => `${topic}/${partition}`
  const positions = new Map(ranges.map(range => [keyOf(range), range.start]))
  const unloaded = new Map(ranges.filter(({ start, end }) => start < end).map(range => [keyOf(range), range.end]))
  const { arrived, keep } = createKeptRecords()
  const loaded = Promise.withResolvers<void>()
  const timer = setTimeout(loaded.resolve, loadTimeoutMs)
  if (unloaded.size === 0) loaded.resolve()

  const consumer = kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    sessionTimeout: 30_000,
    maxWaitTimeInMs: 250,
    maxBytesPerPartition: 256 * 1024,
    metadataMaxAge: 10_000 // an edit adds partitions
  })
  // A member that has to join again would begin at the start of the log again.
  const seek = () => {
    for (const [place, offset] of positions) {
      const slash = place.lastIndexOf('/')
      consumer.seek({ topic: place.slice(0, slash), partition: Number(place.slice(slash + 1)), offset: String(offset) })
    }
  }
  consumer.on(consumer.events.GROUP_JOIN, seek)
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) =>
    reached(keyOf(payload), Number(payload.lastOffset) + 1)
  )

  function reached(place: string, next: number): void {
    positions.set(place, Math.max(next, positions.get(place) ?? 0))
    if (next < (unloaded.get(place) ?? Infinity)) return
    unloaded.delete(place)
    if (unloaded.size === 0) loaded.resolve()
  }

  await consumer.connect()
  await consumer.subscribe({ topics: [...new Set(ranges.map(({ topic }) => topic))], fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch, heartbeat }) => {
      const position = positions.get(keyOf(batch)) ?? 0
      for (const message of batch.messages) {
        const offset = Number(message.offset)
        if (offset < position) continue
        keep(await seenRecord(toRecord(batch.topic, batch.partition, offset, message)))
      }
      reached(keyOf(batch), Number(batch.lastOffset()) + 1)
      await heartbeat()
    }
  })
  seek()
  return {
    generation: groupId,
    topics: wanted,
    arrived,
    loaded: loaded.promise,
    stop: async () => {
      clearTimeout(timer)
      await leaveGroup(kafka, consumer, groupId)
    }
  }
}

/** The share of each partition in what is kept. */
async function newestOf(admin: Admin, topics: readonly string[]): Promise<LogRange[]> {
  const ranges = await logRanges(admin, topics)
  const share = Math.max(1, Math.floor(maxKept / Math.max(1, ranges.length)))
  const total = ranges.reduce((sum, { start, end }) => sum + end - start, 0)
  if (total <= maxKept) return ranges
  return ranges.map(range => ({ ...range, start: Math.max(range.start, range.end - share) }))
}
