// The connectors of a Connect worker: put as KafkaConnector objects ask for them, and restarted while they fail.
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { KafkaConnector } from '../../manifests/plan.ts'
import { until } from '../../until.ts'
import { type ConnectAddress, requestConnect } from './connect-client.ts'
import { type ConnectorFailure, createConnectorFailures } from './connector-failures.ts'

export interface Connectors {
  /** Puts the connectors, waits until they and their tasks run, and keeps restarting tasks that fail. */
  apply(connectors: readonly KafkaConnector[]): Promise<void>
  status(): Promise<ConnectorStatus[]>
  /** Restarts none any more, until the next `apply`. */
  leave(): void
}

export interface ConnectorsOptions {
  readonly address: ConnectAddress
  /** The local value of what a connector's configuration says about the cluster, once the worker has what that refers to. */
  localise(config: Readonly<Record<string, string>>): Promise<Record<string, string>>
  report(sentence: string): void
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

const lookEveryMs = 5_000

export function createConnectors({ address, localise, report }: ConnectorsOptions): Connectors {
  let wanted: readonly KafkaConnector[] = []
  let watcher: NodeJS.Timeout | undefined
  const failures = createConnectorFailures()

  const status = (): Promise<ConnectorStatus[]> =>
    Promise.all(
      wanted.map(async ({ name }) => ({
        ...Status.parse(await requestConnect(address, 'GET', `${pathOf(name)}/status`)),
        failure: failures.of(name)
      }))
    )

  async function restartFailed(): Promise<void> {
    for (const { name, reason, isNew } of failures.note(await status(), performance.now())) {
      if (isNew) report(`connector ${name} failed and is restarted, again and again until it runs: ${reason}`)
      await requestConnect(address, 'POST', `${pathOf(name)}/restart?includeTasks=true&onlyFailed=true`)
    }
  }

  async function put({ name, className, tasksMax, config, state }: KafkaConnector): Promise<void> {
    const local = { ...(await localise(config)), 'connector.class': className, 'tasks.max': String(tasksMax) }
    // The worker answers 409 while it rebalances.
    await until(`connector ${name} to be taken`, 30_000, async () => {
      await requestConnect(address, 'PUT', `${pathOf(name)}/config`, local)
      return true
    })
    await requestConnect(address, 'PUT', `${pathOf(name)}/${verbs[state]}`)
  }

  async function untilRunning(names: readonly string[]): Promise<void> {
    await until(`connectors ${names.join(', ')} to run`, 60_000, async () => {
      const states = (await status()).filter(({ name }) => names.includes(name))
      if (states.some(({ tasks }) => tasks.some(({ state }) => state === 'FAILED'))) await restartFailed()
      return states.every(({ tasks }) => tasks.length > 0 && tasks.every(({ state }) => state === 'RUNNING'))
    })
  }

  return {
    async apply(connectors) {
      const earlier = new Map(wanted.map(connector => [connector.name, connector]))
      wanted = connectors
      for (const connector of connectors) {
        const before = earlier.get(connector.name)
        if (before && isDeepStrictEqual({ ...before, origin: 0 }, { ...connector, origin: 0 })) continue
        await put(connector)
        if (before) report(`connector ${connector.name} runs with its new configuration`)
      }
      for (const name of earlier.keys()) {
        if (connectors.some(connector => connector.name === name)) continue
        await requestConnect(address, 'DELETE', pathOf(name))
        report(`connector ${name} is removed, as its YAML is`)
      }
      await untilRunning(connectors.filter(({ state }) => state === 'running').map(({ name }) => name))
      watcher ??= setInterval(() => void restartFailed().catch(() => undefined), lookEveryMs) // the worker may be away
    },
    status,
    leave() {
      clearInterval(watcher)
      watcher = undefined
    }
  }
}

const verbs = { running: 'resume', paused: 'pause', stopped: 'stop' }

function pathOf(connector: string): string {
  return `/connectors/${encodeURIComponent(connector)}`
}
