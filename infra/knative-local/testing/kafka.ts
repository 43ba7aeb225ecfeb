// Real brokers for tests, on free ports in a temporary folder, from the jars of the local stack.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Admin, Kafka } from 'kafkajs'
import { pino } from 'pino'
import { freePorts } from './free-ports.ts'
import { fetchJars } from '../parts/jars.ts'
import { findJava } from '../parts/java.ts'
import { createBroker, type KafkaBroker } from '../parts/kafka.ts'
import { openProcesses } from '../parts/processes.ts'
import { until } from '../parts/until.ts'
import { connectKafka } from '../dataplane/kafka.ts'

export interface TestKafka {
  readonly bootstrap: readonly string[]
  readonly kafka: Kafka
  readonly admin: Admin
  readonly brokers: readonly KafkaBroker[]
  createTopic(topic: string, partitions: number): Promise<void>
  /** Offset by partition; partitions without one are left out. */
  committed(group: string, topic: string): Promise<Map<number, number>>
  stop(): Promise<void>
}

/** What the local runtime shows on its screen is of no interest here. */
const unreported = { report: () => {}, pidChanged: () => {} }

/** Files start their brokers side by side: two may be told the same free port in the moment before either uses it. */
const START_ATTEMPTS = 3

export async function startTestKafka(brokers: number): Promise<TestKafka> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(brokers)
    } catch (error) {
      if (attempt === START_ATTEMPTS) throw error
    }
  }
}

async function start(count: number): Promise<TestKafka> {
  const state = await mkdtemp(join(tmpdir(), 'dataplane-test-'))
  const processes = openProcesses(state)
  const java = await findJava()
  const jars = await fetchJars(java, () => {})
  const free = await freePorts(count * 2)
  const ports = Array.from({ length: count }, (_, i) => ({
    id: i + 1,
    port: free[i * 2] ?? 0,
    controllerPort: free[i * 2 + 1] ?? 0
  }))
  const replicas = String(Math.min(3, count))
  const config = {
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': '1',
    'default.replication.factor': replicas,
    'auto.create.topics.enable': 'false'
  }
  const started = await Promise.all(
    ports.map(broker =>
      createBroker(java, jars, processes, broker, { directory: state, brokers: ports, config, ...unreported })
    )
  )
  const stopProcesses = async (): Promise<void> => {
    await Promise.all(started.map(broker => broker.stop()))
    processes.killAll()
    await processes.close()
    await rm(state, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    await Promise.all(started.map(broker => broker.start()))
    await Promise.all(started.map(broker => broker.answers()))
    const bootstrap = ports.map(({ port }) => `127.0.0.1:${port}`)
    const kafka = connectKafka(bootstrap, 'test', pino({ enabled: false }))
    const admin = kafka.admin()
    await until('the cluster', 60_000, async () => {
      await admin.connect()
      return (await admin.describeCluster()).brokers.length === count
    })
    return {
      bootstrap,
      kafka,
      admin,
      brokers: started,
      createTopic: async (topic, partitions) => {
        await admin.createTopics({
          waitForLeaders: false, // kafkajs gives up at once while the broker has not heard of the topic yet
          topics: [
            {
              topic,
              numPartitions: partitions,
              replicationFactor: Number(replicas),
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
      },
      stop: async () => {
        await admin.disconnect()
        await stopProcesses()
      }
    }
  } catch (error) {
    await stopProcesses()
    throw error
  }
}
