// Reads what is written to topics from now on, and when it came: a consumer group of its own for as long as the scenario runs.
import { logRanges } from '../../audit/log-offsets.ts'
import { toRecord, type KafkaRecord } from '../../../knative-local/events.ts'
import { until } from '../../../knative-local/testing.ts'
import { deleteGroup } from './delete-group.ts'
import type { Stage } from './stage.ts'

export type FollowedRecord = KafkaRecord & {
  /** By this machine's clock. */
  readonly receivedAtMs: number
}

export interface FollowedTopics {
  /** In the order in which they came, each once; it grows. */
  readonly records: readonly FollowedRecord[]
  /** Resolves when all that is in the topics now has been read. */
  toTheEnd(): Promise<void>
}

const readTimeoutMs = 60_000
/** Of a member that a broker took down with it; the group waits so long before it continues. */
const sessionTimeoutMs = 10_000

export async function followTopics(
  { kafka, admin, mark, undo, signal }: Stage,
  topics: readonly string[]
): Promise<FollowedTopics> {
  const groupId = `scenario-${topics.join('-')}-${mark}`
  const begin = await logRanges(admin, topics)
  const next = new Map(begin.map(({ topic, partition, end }) => [`${topic}/${partition}`, end]))
  const records: FollowedRecord[] = []

  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false, sessionTimeout: sessionTimeoutMs })
  undo(`group ${groupId}`, async () => {
    await consumer.disconnect()
    await deleteGroup(admin, groupId)
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [...topics] })
  await consumer.run({
    eachBatch: async ({ batch }) => {
      const receivedAtMs = Date.now()
      const place = `${batch.topic}/${batch.partition}`
      const from = next.get(place) ?? 0
      for (const message of batch.messages) {
        const offset = Number(message.offset)
        if (offset >= from) records.push({ ...toRecord(batch.topic, batch.partition, offset, message), receivedAtMs })
      }
      next.set(place, Math.max(from, Number(batch.lastOffset()) + 1)) // behind a rebalance some come again
    }
  })
  for (const { topic, partition, end } of begin) consumer.seek({ topic, partition, offset: String(end) })

  return {
    records,
    async toTheEnd() {
      const ranges = await logRanges(admin, topics)
      await until(
        `all records of ${topics.join(', ')}`,
        readTimeoutMs,
        async () => ranges.every(({ topic, partition, end }) => (next.get(`${topic}/${partition}`) ?? 0) >= end),
        { signal }
      )
    }
  }
}
