// What the data plane asks of topics: are they there, create the missing ones it owns.
import type { Admin, Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import { connectOnce } from './connect-once.ts'

export interface NewTopic {
  readonly topic: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly config: Readonly<Record<string, string>>
}

export interface Topics {
  /** The names that do not exist. */
  missing(topics: readonly string[]): Promise<string[]>
  createIfMissing(topic: NewTopic): Promise<void>
  close(): Promise<void>
}

/** Connects when it is first asked, and again after a failure: Kafka may come later than the data plane. */
export function openTopics(kafka: Kafka, log: Logger): Topics {
  const admin = kafka.admin()
  const connected = connectOnce(() => admin.connect())
  return {
    missing: async topics => {
      await connected()
      return missing(admin, topics)
    },
    createIfMissing: async topic => {
      await connected()
      await createIfMissing(admin, topic, log)
    },
    close: () => admin.disconnect()
  }
}

async function missing(admin: Admin, topics: readonly string[]): Promise<string[]> {
  const existing = new Set(await admin.listTopics())
  return topics.filter(topic => !existing.has(topic))
}

async function createIfMissing(admin: Admin, wanted: NewTopic, log: Logger): Promise<void> {
  if ((await missing(admin, [wanted.topic])).length === 0) return
  const { brokers } = await admin.describeCluster()
  const replicationFactor = Math.min(wanted.replicationFactor, brokers.length)
  if (replicationFactor < wanted.replicationFactor) {
    log.warn(
      { topic: wanted.topic, wanted: wanted.replicationFactor, brokers: brokers.length },
      `topic ${wanted.topic} gets ${replicationFactor} replicas: there are not more brokers`
    )
  }
  const configEntries = Object.entries(wanted.config).map(([name, value]) => ({ name, value }))
  const created = await admin.createTopics({
    waitForLeaders: true,
    topics: [{ topic: wanted.topic, numPartitions: wanted.partitions, replicationFactor, configEntries }]
  })
  // Another process of this data plane may have been first.
  if (!created) return
  log.info({ topic: wanted.topic, partitions: wanted.partitions, replicationFactor }, `created topic ${wanted.topic}`)
}
