// One Kafka Connect worker with Debezium, and the connectors that KafkaConnector objects ask for.
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type ConnectAddress, requestConnect } from './connect-client.ts'
import { createConnectSecrets, withSecrets } from './connect-secrets.ts'
import { type Connectors, createConnectors } from './connectors.ts'
import type { Jars } from '../jars.ts'
import { type Java, startJvm } from '../java.ts'
import { toProperties } from '../kafka/kafka.ts'
import { supervise, type SupervisedProcess } from '../../processes/supervise.ts'
import { behindTheOutbox } from '../../processes/give-way.ts'
import type { Processes } from '../../processes/processes.ts'
import type { Reporting } from '../../processes/reporting.ts'
import type { Secrets } from '../secrets.ts'
import { until } from '../../until.ts'

const logging = `-Dlog4j2.configurationFile=${resolve(import.meta.dirname, '../../java/log4j2.properties')}`

export interface Connect extends SupervisedProcess, Pick<Connectors, 'apply' | 'status'> {
  readonly address: ConnectAddress
  answers(): Promise<void>
}

export interface ConnectOptions extends Reporting {
  readonly directory: string
  readonly port: number
  readonly bootstrap: readonly string[]
  /** spec.config, group and topics of the KafkaConnect object. */
  readonly config: Readonly<Record<string, string>>
  /** The local value of what a connector's configuration says about the cluster. */
  localise(config: Readonly<Record<string, string>>): Record<string, string>
  /** Those that connectors name; asked for when connectors are applied. */
  secrets(): Secrets
}

export async function createConnect(
  java: Java,
  jars: Jars,
  processes: Processes,
  { directory, port, bootstrap, config, localise, secrets, report, pidChanged }: ConnectOptions
): Promise<Connect> {
  const propertiesFile = join(directory, 'connect.properties')
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const connectSecrets = await createConnectSecrets(directory)
  const address: ConnectAddress = { url: `http://127.0.0.1:${port}`, ...connectSecrets.credentials }
  await writeFile(
    propertiesFile,
    toProperties({ ...withSecrets(config), ...localConfig, ...addresses(bootstrap, port) })
  )
  const connectors = createConnectors({
    address,
    async localise(written) {
      await connectSecrets.provide(written, secrets())
      return localise(written)
    },
    report
  })
  const supervised = supervise({
    name: 'connect',
    stopTimeoutMs: 8_000, // its first end writes the class archive
    report,
    pidChanged,
    launch: () =>
      startJvm(java, jars.directory, processes, {
        name: 'connect',
        archive: 'connect',
        makesArchive: true,
        maxHeapMiB: 384,
        args: [
          logging,
          `-Djava.security.auth.login.config=${connectSecrets.jaasFile}`,
          '-cp',
          jars.kafkaClassPath,
          'org.apache.kafka.connect.cli.ConnectDistributed',
          propertiesFile
        ],
        cwd: connectSecrets.folder,
        env: process.env,
        nice: behindTheOutbox,
        // Debezium's queue spins for what is left of a poll's last millisecond (ChangeEventQueue.poll): woken later, it finds nothing left.
        timerSlackMs: 1.5
      })
  })

  return {
    ...supervised,
    address,
    answers: () =>
      until('Kafka Connect to answer', 90_000, async () => {
        if (!supervised.process()?.isRunning()) throw new Error('it ended; see its log')
        await requestConnect(address, 'GET', '/connectors')
        return true
      }),
    apply: connectors.apply,
    status: connectors.status,
    async stop() {
      connectors.leave()
      await supervised.stop()
    }
  }
}

const localConfig = {
  'plugin.discovery': 'service_load', // scanning all jars for plugins takes seconds
  'offset.storage.partitions': '1',
  'status.storage.partitions': '1',
  'scheduled.rebalance.max.delay.ms': '0', // one worker: nobody else will come back
  'offset.flush.interval.ms': '1000'
}

function addresses(bootstrap: readonly string[], port: number): Record<string, string> {
  return {
    'bootstrap.servers': bootstrap.join(','),
    listeners: `http://127.0.0.1:${port}`,
    'rest.advertised.host.name': '127.0.0.1',
    'rest.advertised.port': String(port)
  }
}
