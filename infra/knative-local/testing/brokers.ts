// Real brokers on free ports, in a temporary folder, from the jars of the local stack.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Admin, Kafka } from 'kafkajs'
import { connectKafka } from '../dataplane/kafka/client.ts'
import { fetchJars, type Jars } from '../parts/jars.ts'
import { findJava, type Java } from '../parts/java.ts'
import { createBroker, type KafkaBroker, type KafkaOptions } from '../parts/kafka/kafka.ts'
import { openProcesses, type Processes } from '../processes/processes.ts'
import { until } from '../until.ts'
import { freePorts } from './free-ports.ts'

export interface RunningBrokers {
  /** Of the plain listener. */
  readonly bootstrap: readonly string[]
  /** By the plain listener. */
  readonly kafka: Kafka
  readonly admin: Admin
  readonly brokers: readonly KafkaBroker[]
  /** What else may run beside them, in the same folder. */
  readonly java: Java
  readonly jars: Jars
  readonly processes: Processes
  readonly directory: string
  stop(): Promise<void>
}

export type BrokerSettings = Pick<KafkaOptions, 'config' | 'listeners' | 'format'>

/** What the local runtime shows on its screen is of no interest here. */
const unreported = { report: () => {}, pidChanged: () => {} }

export async function startBrokers(count: number, settings: BrokerSettings): Promise<RunningBrokers> {
  const directory = await mkdtemp(join(tmpdir(), 'brokers-'))
  const processes = openProcesses(directory)
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
    'auto.create.topics.enable': 'false',
    ...settings.config
  }
  const bootstrap = ports.map(({ port }) => `127.0.0.1:${port}`)
  const kafka = connectKafka(bootstrap, 'test')
  const admin = kafka.admin()
  const brokers: KafkaBroker[] = []
  const stop = async (): Promise<void> => {
    await admin.disconnect()
    await Promise.all(brokers.map(broker => broker.stop()))
    processes.killAll()
    await processes.close()
    await rm(directory, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const options = { ...settings, directory, brokers: ports, config, ...unreported }
    brokers.push(...(await Promise.all(ports.map(port => createBroker(java, jars, processes, port, options)))))
    await Promise.all(brokers.map(broker => broker.start()))
    await Promise.all(brokers.map(broker => broker.answers()))
    await until('the cluster', 60_000, async () => {
      await admin.connect()
      return (await admin.describeCluster()).brokers.length === count
    })
    return { bootstrap, kafka, admin, brokers, java, jars, processes, directory, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
