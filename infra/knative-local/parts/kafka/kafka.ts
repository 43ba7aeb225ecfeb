// Three Kafka brokers that are controllers as well (KRaft), each its own process with its own folder and ports.
import { access, mkdir, writeFile } from 'node:fs/promises'
import { connect as connectTcp } from 'node:net'
import { join, resolve } from 'node:path'
import type { Jars } from '../jars.ts'
import { type Java, startJvm } from '../java.ts'
import { supervise, type SupervisedProcess } from '../../processes/supervise.ts'
import type { Processes } from '../../processes/processes.ts'
import type { Reporting } from '../../processes/reporting.ts'
import { until } from '../../until.ts'

const logging = `-Dlog4j2.configurationFile=${resolve(import.meta.dirname, '../../java/log4j2.properties')}`
const clusterId = 'c3R1ZGVudHMtbG9jYWwtMQ' // any 16 bytes in base64url

export interface BrokerPorts {
  readonly id: number
  readonly port: number
  readonly controllerPort: number
}

export interface KafkaOptions extends Reporting {
  readonly directory: string
  readonly brokers: readonly BrokerPorts[]
  /** spec.kafka.config of the Kafka object. */
  readonly config: Readonly<Record<string, string>>
  /** Beside the local one; what they ask for is in `config` (listener.security.protocol.map). */
  readonly listeners?: readonly Listener[]
  /** More for `kafka-storage format`, such as first SCRAM users. */
  readonly format?: readonly string[]
}

export interface Listener {
  readonly name: string
  readonly port: number
  /** HOST:PORT that clients are sent to; the port itself, when there is none. */
  readonly advertised?: string
}

export interface KafkaBroker extends SupervisedProcess {
  readonly id: number
  readonly port: number
  /** Resolves when the broker takes connections. */
  answers(): Promise<void>
  accepts(): Promise<boolean>
}

export async function createBroker(
  java: Java,
  jars: Jars,
  processes: Processes,
  { id, port, controllerPort }: BrokerPorts,
  { directory, brokers, config, listeners = [], format: formatArguments = [], ...reporting }: KafkaOptions
): Promise<KafkaBroker> {
  const home = join(directory, `broker-${id}`)
  const propertiesFile = join(home, 'server.properties')
  await mkdir(home, { recursive: true })
  await writeFile(
    propertiesFile,
    toProperties({
      ...config,
      ...localConfig,
      'process.roles': 'broker,controller',
      'node.id': String(id),
      'controller.quorum.voters': brokers.map(peer => `${peer.id}@127.0.0.1:${peer.controllerPort}`).join(','),
      listeners: [
        `PLAINTEXT://127.0.0.1:${port}`,
        `CONTROLLER://127.0.0.1:${controllerPort}`,
        ...listeners.map(listener => `${listener.name}://127.0.0.1:${listener.port}`)
      ].join(','),
      'advertised.listeners': [
        `PLAINTEXT://127.0.0.1:${port}`,
        ...listeners.map(({ name, port: own, advertised }) => `${name}://${advertised ?? `127.0.0.1:${own}`}`)
      ].join(','),
      'controller.listener.names': 'CONTROLLER',
      'log.dirs': join(home, 'data')
    })
  )
  await format(java, jars, processes, id, propertiesFile, join(home, 'data'), formatArguments)

  const name = `broker-${id}`
  const supervised = supervise({
    name,
    stopTimeoutMs,
    ...reporting,
    launch: () =>
      startJvm(java, jars.directory, processes, {
        name,
        archive: 'kafka',
        makesArchive: id === brokers[0]?.id,
        maxHeapMiB: 384,
        args: [logging, '-cp', jars.kafkaClassPath, 'kafka.Kafka', propertiesFile],
        env: process.env
      })
  })
  return {
    ...supervised,
    id,
    port,
    accepts: () => accepts(port),
    answers: () =>
      until(`${name} to answer`, 60_000, async () => {
        if (!supervised.process()?.isRunning())
          throw new Error(`it ended; see ${join(processes.logDirectory, `${name}.log`)}`)
        return accepts(port)
      })
  }
}

// One broker hands its partitions over in a second. Of three that stop at once the last cannot, and is killed: what was
// acknowledged is on all of them, and the log is checked at the next start.
const stopTimeoutMs = 4_000

const localConfig = {
  // Each partition of an internal topic costs time at every start; the cluster keeps the defaults of 50.
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.num.partitions': '4',
  'share.coordinator.state.topic.num.partitions': '1',
  // By default an idle controller writes and replicates a record of nothing twice a second.
  'metadata.max.idle.interval.ms': '5000',
  'group.initial.rebalance.delay.ms': '0', // 3 s by default, to let a large group gather
  // Each hand-over from one thread to another costs more than what a few requests of one machine gain by a second core.
  'num.network.threads': '1',
  'num.io.threads': '2',
  'log.retention.check.interval.ms': '10000', // five minutes by default: too long to watch
  'log.segment.delete.delay.ms': '1000'
}

/** Once in the life of a state folder. */
async function format(
  java: Java,
  jars: Jars,
  processes: Processes,
  id: number,
  propertiesFile: string,
  dataDirectory: string,
  more: readonly string[]
): Promise<void> {
  const formatted = await access(join(dataDirectory, 'meta.properties')).then(
    () => true,
    () => false
  )
  if (formatted) return
  const name = `broker-${id}-format`
  const tool = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', propertiesFile, ...more]
  const { exited } = processes.start({
    name,
    command: java.command,
    args: ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', logging, '-cp', jars.kafkaClassPath, ...tool],
    env: process.env
  })
  const { code } = await exited
  if (code !== 0) throw new Error(`Formatting broker-${id} failed. See ${join(processes.logDirectory, `${name}.log`)}`)
}

function accepts(port: number): Promise<boolean> {
  return new Promise(fulfil => {
    const socket = connectTcp({ port, host: '127.0.0.1' })
    socket.once('connect', () => fulfil(true))
    socket.once('error', () => fulfil(false))
    socket.once('close', () => fulfil(false))
    socket.setTimeout(1_000, () => socket.destroy())
    socket.once('connect', () => socket.destroy())
  })
}

export function toProperties(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`)
    .join('')
}
