// One Kafka Connect worker with Debezium, and the connectors that KafkaConnector objects ask for.
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { KafkaConnector } from '../../manifests/plan.ts'
import { askConnect, type ConnectAddress } from './connect-client.ts'
import { type ConnectorFailure, createConnectorFailures } from './connector-failures.ts'
import { createConnectSecrets, withSecrets } from './connect-secrets.ts'
import type { Jars } from '../jars.ts'
import { type Java, startJvm } from '../java.ts'
import { toProperties } from '../kafka/kafka.ts'
import { supervise, type SupervisedProcess } from '../../processes/supervise.ts'
import type { Processes } from '../../processes/processes.ts'
import type { Reporting } from '../../processes/reporting.ts'
import type { Secrets } from '../secrets.ts'
import { until } from '../../until.ts'

const logging = `-Dlog4j2.configurationFile=${resolve(import.meta.dirname, '../../java/log4j2.properties')}`

export interface Connect extends SupervisedProcess {
  readonly address: ConnectAddress
  answers(): Promise<void>
  /** Puts the connectors, waits until they and their tasks run, and keeps restarting tasks that fail. */
  apply(connectors: readonly KafkaConnector[]): Promise<void>
  status(): Promise<ConnectorStatus[]>
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

const Status = z.object({
  name: z.string(),
  connector: z.object({ state: z.string(), trace: z.string().optional() }),
  tasks: z.array(z.object({ id: z.number(), state: z.string(), trace: z.string().optional() }))
})
export interface ConnectorStatus extends z.infer<typeof Status> {
  /** Set while it fails again and again, though it may be running at this moment. */
  readonly failure?: ConnectorFailure | undefined
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
  let wanted: readonly KafkaConnector[] = []
  let watcher: NodeJS.Timeout | undefined

  const request = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await askConnect(address, path, { method, body })
    const text = await response.text()
    if (!response.ok) throw new Error(`Connect answered ${response.status} to ${method} ${path}: ${text.slice(0, 500)}`)
    return text === '' ? undefined : JSON.parse(text)
  }

  const failures = createConnectorFailures()

  const statusOfAll = async (): Promise<ConnectorStatus[]> =>
    Promise.all(
      wanted.map(async ({ name }) => ({
        ...Status.parse(await request('GET', `/connectors/${encodeURIComponent(name)}/status`)),
        failure: failures.of(name)
      }))
    )

  const restartFailed = async (): Promise<void> => {
    for (const { name, reason, isNew } of failures.note(await statusOfAll(), performance.now())) {
      if (isNew) report(`connector ${name} failed and is restarted, again and again until it runs: ${reason}`)
      await request('POST', `/connectors/${encodeURIComponent(name)}/restart?includeTasks=true&onlyFailed=true`)
    }
  }

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
        env: process.env
      })
  })

  return {
    ...supervised,
    address,
    answers: () =>
      until('Kafka Connect to answer', 90_000, async () => {
        if (!supervised.process()?.isRunning()) throw new Error('it ended; see its log')
        await request('GET', '/connectors')
        return true
      }),
    async apply(connectors) {
      const earlier = new Map(wanted.map(connector => [connector.name, connector]))
      wanted = connectors
      for (const connector of connectors) {
        const { name, className, tasksMax, config: written, state } = connector
        const before = earlier.get(name)
        if (before && isDeepStrictEqual({ ...before, origin: 0 }, { ...connector, origin: 0 })) continue
        const path = `/connectors/${encodeURIComponent(name)}`
        await connectSecrets.provide(written, secrets())
        const local = { ...localise(written), 'connector.class': className, 'tasks.max': String(tasksMax) }
        // The worker answers 409 while it rebalances.
        await until(`connector ${name} to be taken`, 30_000, async () => {
          await request('PUT', `${path}/config`, local)
          return true
        })
        await request('PUT', `${path}/${{ running: 'resume', paused: 'pause', stopped: 'stop' }[state]}`)
        if (before) report(`connector ${name} runs with its new configuration`)
      }
      for (const name of earlier.keys()) {
        if (connectors.some(connector => connector.name === name)) continue
        await request('DELETE', `/connectors/${encodeURIComponent(name)}`)
        report(`connector ${name} is removed, as its YAML is`)
      }
      const expected = connectors.filter(({ state }) => state === 'running').map(({ name }) => name)
      await until(`connectors ${expected.join(', ')} to run`, 60_000, async () => {
        const states = (await statusOfAll()).filter(({ name }) => expected.includes(name))
        if (states.some(({ tasks }) => tasks.some(({ state }) => state === 'FAILED'))) await restartFailed()
        return states.every(({ tasks }) => tasks.length > 0 && tasks.every(({ state }) => state === 'RUNNING'))
      })
      watcher ??= setInterval(() => void restartFailed().catch(() => undefined), lookEveryMs) // the worker may be away
    },
    status: statusOfAll,
    async stop() {
      clearInterval(watcher)
      watcher = undefined
      await supervised.stop()
    }
  }
}

const lookEveryMs = 5_000

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
