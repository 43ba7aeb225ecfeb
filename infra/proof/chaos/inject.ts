// Does a fault to the running stack, and undoes it: through the runtime's control endpoint where it has the part, through
// Kafka and PostgreSQL for the rest.
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs, { type Kafka } from 'kafkajs'
import { Client } from 'pg'
import { actOnPart, type Action, type Endpoints } from '../../knative-local/index.ts'
import type { Plan } from '../../knative-local/plans.ts'
import type { Processes } from '../../knative-local/single-parts.ts'
import { type AnswerMode, type AnswerProxy, startAnswerProxy } from './answer-proxy.ts'
import { startDataPlaneMember } from './data-plane-member.ts'
import { whileSinkIsDown } from './dead-letter-sink-down.ts'
import type { Load } from './load.ts'
import { type NetworkMode, type NetworkProxy, startNetworkProxy } from './network-proxy.ts'
import { seededRandom } from './random.ts'
import type { Fault } from './schedule.ts'

export interface Injector {
  /** Resolves when the fault is over; answers what was done, in words. The fault is undone even when `signal` ends it early. */
  inject(fault: Fault, signal: AbortSignal): Promise<string>
  /** Deliveries that went past the proxies, which the stack's own data plane does not count. */
  proxied(): number
}

export interface InjectorOptions {
  readonly endpoints: Endpoints
  readonly kafka: Kafka
  readonly plan: Plan
  readonly processes: Processes
  readonly load: Load
}

/** Of a topic: enough to see keys move, and no more. */
const maxPartitions = 12
const storms = 3

export function createInjector({ endpoints, kafka, plan, processes, load }: InjectorOptions): Injector {
  let proxied = 0

  const all = (action: Action, parts: readonly string[]) =>
    Promise.all(parts.map(part => actOnPart(endpoints, part, action)))

  async function around(
    before: () => Promise<unknown>,
    forMs: number,
    after: () => Promise<unknown>,
    signal: AbortSignal
  ) {
    try {
      await before()
      await sleep(forMs, undefined, { signal }).catch(() => undefined)
    } finally {
      await after()
    }
  }

  async function withSecondDataPlane(mode: AnswerMode, forMs: number, signal: AbortSignal) {
    const proxies: AnswerProxy[] = []
    const second = await startDataPlaneMember(processes, endpoints, plan, {
      name: 'second-dataplane',
      async proxy(target) {
        const proxy = await startAnswerProxy(target, mode)
        proxies.push(proxy)
        return proxy
      }
    })
    await second.consumes(signal)
    await sleep(forMs, undefined, { signal }).catch(() => undefined)
    await second.stop()
    const passed = proxies.reduce((sum, { counts }) => sum + counts.passed, 0)
    proxied += passed
    return { passed, broken: proxies.reduce((sum, { counts }) => sum + counts.broken, 0) }
  }

  async function withBadNetwork(mode: NetworkMode, seed: number, forMs: number, signal: AbortSignal): Promise<string> {
    const random = seededRandom(seed)
    const answered: AnswerProxy[] = []
    const networks: NetworkProxy[] = []
    const second = await startDataPlaneMember(processes, endpoints, plan, {
      name: 'second-dataplane',
      async proxy(target) {
        const counting = await startAnswerProxy(target, 'pass')
        answered.push(counting)
        const network = await startNetworkProxy(counting.url, mode, random)
        networks.push(network)
        return { url: network.url, close: async () => void (await Promise.all([network.close(), counting.close()])) }
      }
    })
    await second.consumes(signal)
    await sleep(forMs, undefined, { signal }).catch(() => undefined)
    await second.stop()
    const passed = answered.reduce((sum, { counts }) => sum + counts.passed, 0)
    const connections = networks.reduce((sum, { counts }) => sum + counts.connections, 0)
    const cut = networks.reduce((sum, one) => sum + one.counts.cut, 0)
    proxied += passed
    return mode === 'cut'
      ? `${cut} of ${connections} connections of a second data plane were cut, ${passed} deliveries got through`
      : `${passed} deliveries of a second data plane went over a slow network`
  }

  async function setMinInSync(topic: string, replicas: number): Promise<void> {
    const declared = plan.kafkaTopics.find(one => one.topic === topic)?.config ?? {}
    const config = { ...declared, 'min.insync.replicas': String(replicas) }
    await withAdmin(admin =>
      admin.alterConfigs({
        validateOnly: false,
        resources: [
          {
            type: kafkajs.ConfigResourceTypes.TOPIC,
            name: topic,
            configEntries: Object.entries(config).map(([name, value]) => ({ name, value }))
          }
        ]
      })
    )
  }

  async function withAdmin<Result>(use: (admin: ReturnType<Kafka['admin']>) => Promise<Result>): Promise<Result> {
    const admin = kafka.admin()
    await admin.connect()
    return use(admin).finally(() => admin.disconnect())
  }

  async function addPartition(topic: string): Promise<string> {
    return withAdmin(async admin => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      const partitions = topics[0]?.partitions.length ?? 0
      if (partitions >= maxPartitions) return `${topic} has ${partitions} partitions already, which is enough`
      await admin.createPartitions({ topicPartitions: [{ topic, count: partitions + 1 }] })
      return `${topic} grew from ${partitions} to ${partitions + 1} partitions`
    })
  }

  async function usersAppear(): Promise<string> {
    const ids = [...load.missingUsers]
    const client = new Client({ connectionString: endpoints.postgres.url, connectionTimeoutMillis: 10_000 })
    await client.connect()
    try {
      await client.query(
        `insert into users (id, name, email) select id, 'Late', 'late@example.com' from unnest($1::text[]) as id on conflict do nothing`,
        [ids]
      )
    } finally {
      await client.end()
    }
    for (const id of ids) load.missingUsers.delete(id)
    return `${ids.length} users appeared`
  }

  async function bulkReplay(): Promise<string> {
    const url = endpoints.functions.deadLetterReplay?.url ?? ''
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'chaos', force: true }),
      signal: AbortSignal.timeout(30_000)
    })
    return `deadLetterReplay answered ${response.status}: ${(await response.text()).slice(0, 120)}`
  }

  return {
    proxied: () => proxied,
    async inject({ kind, atMs, forMs, targets }, signal) {
      const [target = ''] = targets
      switch (kind) {
        case 'kill-broker':
        case 'kill-two-brokers':
        case 'kill-postgres':
        case 'kill-connect':
          await around(
            () => all('kill', targets),
            forMs,
            () => all('start', targets),
            signal
          )
          return 'killed, down for a while, started again'
        case 'kill-data-plane':
        case 'kill-function':
          await actOnPart(endpoints, target, 'kill')
          return 'killed; the runtime starts it again'
        case 'pause-broker':
        case 'pause-postgres':
        case 'pause-connect':
        case 'pause-data-plane':
        case 'pause-function':
          await around(
            () => all('pause', targets),
            forMs,
            () => all('resume', targets),
            signal
          )
          return 'paused and resumed'
        case 'lose-answers': {
          const { passed, broken } = await withSecondDataPlane('lose', forMs, signal)
          return `${broken} of ${passed} answers of a second data plane were lost after the commit`
        }
        case 'slow-handler': {
          const { passed, broken } = await withSecondDataPlane('slow', forMs, signal)
          return `${broken} of ${passed} answers of a second data plane were held up`
        }
        case 'rebalance-storm':
          for (let storm = 0; storm < storms && !signal.aborted; storm++) {
            await withSecondDataPlane('pass', forMs / storms, signal)
          }
          return `a second data plane joined and left ${storms} times`
        case 'add-partition':
          return addPartition(target)
        case 'users-appear':
          return usersAppear()
        case 'bulk-replay':
          return bulkReplay()
        case 'dead-letter-sink-down':
          return whileSinkIsDown({
            kafka,
            databaseUrl: endpoints.postgres.url,
            topic: target,
            load,
            forMs,
            signal,
            // More replicas than there are: Kafka refuses every write, and the KafkaSink answers an error.
            takeAway: () => setMinInSync(target, 4),
            giveBack: () => setMinInSync(target, 2)
          })
        case 'cut-connections':
        case 'slow-network':
          return withBadNetwork(kind === 'cut-connections' ? 'cut' : 'slow', atMs, forMs, signal)
      }
    }
  }
}
