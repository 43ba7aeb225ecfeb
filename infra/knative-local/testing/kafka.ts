// Brokers of a test that asks for no credentials.
import { until } from '../until.ts'
import { type RunningBrokers, startBrokers } from './brokers.ts'

export interface TestKafka extends RunningBrokers {
  createTopic(topic: string, partitions: number): Promise<void>
  /** Offset by partition; partitions without one are left out. */
  committed(group: string, topic: string): Promise<Map<number, number>>
}

/** Files start their brokers side by side: two may be given the same free port in the moment before either uses it. */
const START_ATTEMPTS = 3

export async function startTestKafka(brokers: number): Promise<TestKafka> {
  for (let attempt = 1; ; attempt++) {
    try {
      return forTests(await startBrokers(brokers, { config: {} }))
    } catch (error) {
      if (attempt === START_ATTEMPTS) throw error
    }
  }
}

function forTests(running: RunningBrokers): TestKafka {
  const { admin, brokers } = running
  return {
    ...running,
    createTopic: async (topic, partitions) => {
      await admin.createTopics({
        waitForLeaders: false, // kafkajs gives up at once while the broker has not heard of the topic yet
        topics: [
          {
            topic,
            numPartitions: partitions,
            replicationFactor: Math.min(3, brokers.length),
            // Recorded timestamps are years old.
            configEntries: [{ name: 'retention.ms', value: '-1' }]
          }
        ]
      })
      await until(`leaders of ${topic}`, 30_000, async () => {
        const [found] = (await admin.fetchTopicMetadata({ topics: [topic] })).topics
        return found?.partitions.length === partitions && found.partitions.every(({ leader }) => leader >= 0)
      })
    },
    committed: async (group, topic) => {
      const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
      const known = (offsets?.partitions ?? []).filter(({ offset }) => Number(offset) >= 0)
      return new Map(known.map(({ partition, offset }) => [partition, Number(offset)]))
    }
  }
}
