// A topic for one run of a scenario.
import kafkajs, { type Admin } from 'kafkajs'
import { connectKafka } from '../../../knative-local/events.ts'
import { until } from '../../../knative-local/testing.ts'
import type { Stage } from './stage.ts'

export interface TopicShape {
  readonly partitions: number
  readonly config?: Readonly<Record<string, string>>
  /** Asked before it is deleted. @throws to keep it, with the reason */
  mayGo?(topic: string): Promise<void>
}

const leadersTimeoutMs = 30_000

/** Replicated three times, and deleted with the scenario. Answers its name. */
export async function createTemporaryTopic(
  { admin, endpoints, mark, signal, undo }: Stage,
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
  for (const address of endpoints.kafka.bootstrap.split(',')) {
    await until(`leaders for ${topic} at ${address}`, leadersTimeoutMs, () => hasLeaders(address, topic, partitions), {
      signal
    })
  }
  return topic
}

/** As this broker knows it: each hears of a new topic in its own time, and kafkajs gives up on one that has not. */
async function hasLeaders(address: string, topic: string, partitions: number): Promise<boolean> {
  const admin = connectKafka([address], 'scenario').admin()
  await admin.connect()
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    const known = topics[0]?.partitions ?? []
    return known.length === partitions && known.every(({ leader }) => leader >= 0)
  } finally {
    await admin.disconnect()
  }
}

/** One that does not exist is deleted already. */
async function deleteTopic(admin: Admin, topic: string): Promise<void> {
  await admin.deleteTopics({ topics: [topic] }).catch((error: unknown) => {
    if (!(error instanceof kafkajs.KafkaJSProtocolError && error.type === 'UNKNOWN_TOPIC_OR_PARTITION')) throw error
  })
}
