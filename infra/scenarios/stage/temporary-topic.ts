// A topic for one run of a scenario, and a way to read all of it.
import kafkajs, { type Admin, type KafkaMessage } from 'kafkajs'
import { until } from '../../local/resources/until.ts'
import { deleteGroup } from './delete-group.ts'
import type { Stage } from './stage.ts'

export interface TopicShape {
  readonly partitions: number
  readonly config?: Readonly<Record<string, string>>
  /** Asked before it is deleted. @throws to keep it, with the reason */
  mayGo?(topic: string): Promise<void>
}

const leadersTimeoutMs = 30_000
const readTimeoutMs = 60_000
/** How long an empty fetch waits; the reader leaves no sooner. */
const maxWaitTimeInMs = 250

/** Replicated three times, and deleted with the scenario. Answers its name. */
export async function createTemporaryTopic(
  { admin, mark, signal, undo }: Stage,
  suffix: string,
  { partitions, config = {}, mayGo }: TopicShape
): Promise<string> {
  const topic = `scenario-${suffix}-${mark}`
  undo(`topic ${topic}`, async () => {
    await mayGo?.(topic)
    await deleteTopic(admin, topic)
  })
  await admin.createTopics({
    waitForLeaders: false, // it throws when it asks a broker that does not know the topic yet
    topics: [
      {
        topic,
        numPartitions: partitions,
        replicationFactor: 3,
        configEntries: Object.entries({ 'min.insync.replicas': '2', ...config }).map(([name, value]) => ({
          name,
          value
        }))
      }
    ]
  })
  await until(
    `leaders for ${topic}`,
    leadersTimeoutMs,
    async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      const known = topics[0]?.partitions ?? []
      return known.length === partitions && known.every(({ leader }) => leader >= 0)
    },
    { signal }
  )
  return topic
}

/** One that does not exist is deleted already. */
async function deleteTopic(admin: Admin, topic: string): Promise<void> {
  await admin.deleteTopics({ topics: [topic] }).catch((error: unknown) => {
    if (!(error instanceof kafkajs.KafkaJSProtocolError && error.type === 'UNKNOWN_TOPIC_OR_PARTITION')) throw error
  })
}

export type ReadRecord = KafkaMessage & { readonly partition: number }

/** Its records from the first to the last, in the order in which a consumer of all partitions meets them. */
export async function readTopic(
  { kafka, admin, mark, undo, signal }: Stage,
  topic: string,
  groupId = `${topic}-reader-${mark}`
): Promise<ReadRecord[]> {
  const ends = new Map(
    (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => [partition, [low, high]])
  )
  const records: ReadRecord[] = []
  const next = new Map<number, bigint>()
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs })
  undo(`group ${groupId}`, async () => {
    await consumer.disconnect()
    await deleteGroup(admin, groupId)
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      records.push({ ...message, partition })
      next.set(partition, BigInt(message.offset) + 1n)
    }
  })
  await until(
    `all records of ${topic}`,
    readTimeoutMs,
    async () =>
      [...ends].every(([partition, [low = '0', high = '0']]) =>
        BigInt(high) === BigInt(low) ? true : (next.get(partition) ?? 0n) >= BigInt(high)
      ),
    { signal }
  )
  await consumer.stop()
  return records
}
