// The parts of a running stack as `npm run local` and tests handle them: seen, stopped, killed, paused and started again.
import pg from 'pg'
import { z } from 'zod'
import { PASSING_FAILURES } from './dataplane/outcomes.ts'
import type { ConnectorStatus } from './parts/connect.ts'
import type { Keeper } from './parts/keeper.ts'
import type { RunningProcess } from './parts/processes.ts'
import { rootCause } from './parts/root-cause.ts'
import type { Stack } from './stack.ts'

export interface Part {
  /** broker-1, postgres, connect, registry, traces, dataplane, or the name of a Service. */
  readonly name: string
  pid(): number | undefined
  /** @throws with the reason, where one is known */
  isHealthy(): Promise<boolean>
  /** Resolves when it answers. */
  start(): Promise<void>
  /** In order; stays down until `start`. */
  stop(): Promise<void>
  /** SIGKILL. A function and the data plane come back automatically, as in a cluster; the others stay down until `start`. */
  kill(): Promise<void>
  signal(signal: NodeJS.Signals): void
}

const healthTimeoutMs = 3_000

export function partsOf(stack: Stack): Part[] {
  const { brokers, postgres, connect, registry, dataplane, functions, traces } = stack
  return [
    ...brokers.map(broker => server(`broker-${broker.id}`, broker, broker.accepts)),
    server('postgres', postgres, () => answersQuery(stack.databaseUrl)),
    server('connect', connect, async () => {
      refuseUnhealthyConnectors(await connect.status())
      return true
    }),
    server('registry', registry, registry.isHealthy),
    server('traces', traces, traces.isHealthy),
    {
      name: 'dataplane',
      pid: () => pidOf(dataplane.process()),
      async isHealthy() {
        if (!dataplane.isReady()) throw new Error('it does not consume yet')
        refuseUnhealthySources(await readJson(dataplane.statusUrl))
        return true
      },
      async start() {
        dataplane.start()
        await dataplane.ready(() => stack.topics.problems().size > 0)
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
      async isHealthy() {
        const problem = service.problem()
        if (problem !== undefined) throw new Error(problem)
        return (
          service.isReady() && (service.pid() === undefined || (await answersOk(`${service.url}/health/readiness`)))
        )
      },
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

/** @throws with the connectors that do not run, and why */
export function refuseUnhealthyConnectors(connectors: readonly ConnectorStatus[]): void {
  const problems = connectors.flatMap(({ name, connector, tasks, failure }) => {
    const failed = [connector, ...tasks].find(({ state }) => state === 'FAILED')
    if (failure || failed) return [`connector ${name} failed: ${failure?.reason ?? rootCause(failed?.trace)}`]
    const states = tasks.map(({ state }) => state)
    if (states.length === 0) return [`connector ${name} has no task`]
    return states.every(state => state === 'RUNNING') ? [] : [`connector ${name} is ${states.join(', ')}`]
  })
  if (problems.length > 0) throw new Error(problems.join('; '))
}

/** A record that fails again and again holds back what comes after it. @throws with the records, and the last error of each */
export function refuseUnhealthySources(status: unknown): void {
  const problems = DataPlaneHealth.parse(status).sources.flatMap(({ kind, namespace, name, retrying }) =>
    retrying
      .filter(({ failures }) => failures > PASSING_FAILURES)
      .map(
        ({ topic, partition, offset, eventId, failures, error }) =>
          `${kind} ${namespace}/${name}: delivery of ${topic}/${partition}@${offset}${eventId === undefined ? '' : ` (event ${eventId})`} failed ${failures} times: ${error}`
      )
  )
  const shown = problems.slice(0, maxProblems)
  if (problems.length > maxProblems) shown.push(`and ${problems.length - maxProblems} more records`)
  if (problems.length > 0) throw new Error(shown.join('; '))
}

const maxProblems = 3

/** Of the data plane's GET /status. */
const DataPlaneHealth = z.object({
  sources: z.array(
    z.object({
      kind: z.string(),
      namespace: z.string(),
      name: z.string(),
      retrying: z.array(
        z.object({
          topic: z.string(),
          partition: z.number(),
          offset: z.number(),
          eventId: z.string().optional(),
          failures: z.number(),
          error: z.string()
        })
      )
    })
  )
})

async function readJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(healthTimeoutMs) })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return response.json()
}

/** @throws with the status of an answer that is none of success */
async function answersOk(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(healthTimeoutMs) })
  await response.body?.cancel()
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return true
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
