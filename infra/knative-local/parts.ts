// The parts of a running stack as `npm run local` and tests handle them: seen, stopped, killed, paused and started again.
import pg from 'pg'
import type { Keeper } from './parts/keeper.ts'
import type { RunningProcess } from './parts/processes.ts'
import type { Stack } from './stack.ts'

export interface Part {
  /** broker-1, postgres, connect, registry, dataplane, or the name of a Service. */
  readonly name: string
  pid(): number | undefined
  isHealthy(): Promise<boolean>
  /** Resolves when it answers. */
  start(): Promise<void>
  /** In order; stays down until `start`. */
  stop(): Promise<void>
  /** SIGKILL. A function and the data plane come back by themselves, as in a cluster; the others stay down until `start`. */
  kill(): Promise<void>
  signal(signal: NodeJS.Signals): void
}

const healthTimeoutMs = 3_000

export function partsOf(stack: Stack): Part[] {
  const { brokers, postgres, connect, registry, dataplane, functions } = stack
  return [
    ...brokers.map(broker => server(`broker-${broker.id}`, broker, broker.accepts)),
    server('postgres', postgres, () => answersQuery(postgres.url('students'))),
    server('connect', connect, async () => {
      const connectors = await connect.status()
      return connectors.every(({ tasks }) => tasks.length > 0 && tasks.every(({ state }) => state === 'RUNNING'))
    }),
    server('registry', registry, () => answersOk(`${registry.url}/apis/ccompat/v7/subjects`)),
    {
      name: 'dataplane',
      pid: () => pidOf(dataplane.process()),
      isHealthy: async () => dataplane.isReady() && (await answersOk(dataplane.statusUrl)),
      async start() {
        dataplane.start()
        await dataplane.ready()
      },
      stop: dataplane.takeDown,
      async kill() {
        dataplane.process()?.signal('SIGKILL')
        await dataplane.process()?.exited
      },
      signal: signal => dataplane.process()?.signal(signal)
    },
    ...[...functions.services.values()].map(service => ({
      name: service.name,
      pid: service.pid,
      isHealthy: async () =>
        service.isReady() && (service.pid() === undefined || (await answersOk(`${service.url}/health/readiness`))),
      start: service.bringUp,
      stop: service.takeDown,
      kill: async () => service.signal('SIGKILL'),
      signal: service.signal
    }))
  ]
}

interface Server extends Keeper {
  answers(): Promise<void>
}

function server(name: string, of: Server, isHealthy: () => Promise<boolean>): Part {
  return {
    name,
    pid: () => pidOf(of.process()),
    isHealthy,
    async start() {
      await of.start()
      await of.answers()
    },
    stop: of.stop,
    kill: of.kill,
    signal: signal => of.process()?.signal(signal)
  }
}

function pidOf(running: RunningProcess | undefined): number | undefined {
  return running?.isRunning() ? running.pid : undefined
}

async function answersOk(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(healthTimeoutMs) })
  await response.body?.cancel()
  return response.ok
}

async function answersQuery(connectionString: string): Promise<boolean> {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: healthTimeoutMs,
    query_timeout: healthTimeoutMs
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } finally {
    await client.end().catch(() => undefined)
  }
}
