// The rehearsal: load, faults one after another, quiet, the audit, the invariants.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import { Client } from 'pg'
import { z } from 'zod'
import { followedFunctions } from '../audit/followed-functions.ts'
import { auditAtRest } from '../audit/audit-at-rest.ts'
import { Status, type Endpoints } from '../../knative-local/index.ts'
import type { Plan } from '../../knative-local/plans.ts'
import type { Processes } from '../../knative-local/single-parts.ts'
import { countDeliveries } from './delivery-count.ts'
import { createInjector } from './inject.ts'
import { checkInvariants } from './invariants.ts'
import { startLoad } from './load.ts'
import { unrest } from './quiet.ts'
import { seededRandom } from './random.ts'
import type { ChaosReport, FaultResult } from './report.ts'
import { type Fault, type FaultKind, makeSchedule, showFault } from './schedule.ts'
import { targetsIn } from './targets.ts'

export interface ChaosOptions {
  readonly seed: number
  readonly minutes: number
  readonly kinds?: readonly FaultKind[]
  /** Commands a second. */
  readonly perSecond: number
  readonly endpoints: Endpoints
  readonly kafka: Kafka
  readonly plan: Plan
  readonly processes: Processes
  /** Ends the run early; what was done is undone and reported all the same. */
  readonly signal: AbortSignal
  say(sentence: string): void
}

const lateUserEvery = 8
const recoveryTimeoutMs = 120_000
const quietTimeoutMs = 240_000
const loadDrainMs = 60_000
const pollMs = 250

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, minutes, kinds, perSecond, endpoints, kafka, plan, processes, signal, say } = options
  const schedule = makeSchedule({ seed, minutes, kinds, targets: targetsIn(plan) })
  const { functions: followed } = followedFunctions(plan)
  const began = performance.now()
  const elapsed = () => Math.round(performance.now() - began)
  const startedAt = new Date()
  const mark = `${seed}-${startedAt.getTime()}.example.com` // a second run of one seed must not meet the rows of the first
  const deliveries = await countDeliveries(
    endpoints.dataplane.statusUrl,
    plan.kafkaSources.filter(({ extensions }) => extensions.function !== undefined).map(({ name }) => name)
  )
  const load = startLoad({
    createUrl: endpoints.functions.createStudent?.url ?? '',
    updateUrl: endpoints.functions.updateStudent?.url ?? '',
    mark,
    perSecond,
    lateUserEvery,
    random: seededRandom(seed)
  })
  const injector = createInjector({ endpoints, kafka, plan, processes, load })
  const faults: FaultResult[] = []
  try {
    for (const [atMs, together] of Map.groupBy(schedule, fault => fault.atMs)) {
      await sleep(Math.max(0, atMs - elapsed()), undefined, { signal }).catch(() => undefined)
      if (signal.aborted) break
      for (const [index, fault] of together.entries()) {
        say(`${faults.length + index + 1} of ${schedule.length}: ${showFault(fault).trim()}`)
      }
      faults.push(...(await allAtOnce(together)))
    }
    await sleep(Math.max(0, minutes * 60_000 - elapsed()), undefined, { signal }).catch(() => undefined)
  } finally {
    await load.stop(loadDrainMs)
  }

  /** The recovery is theirs together: it begins when the last of them is over. */
  async function allAtOnce(together: readonly Fault[]): Promise<FaultResult[]> {
    const startedMs = elapsed()
    const done = await Promise.all(
      together.map(async fault => {
        const did = await injector.inject(fault, signal).catch((error: Error) => `failed: ${error.message}`)
        say(`  ${fault.kind}: ${did}`)
        return { fault, startedMs, endedMs: elapsed(), did }
      })
    )
    const overMs = elapsed()
    const recovered = await isRecovered(endpoints, `probe-${faults.length}-${mark}`, recoveryTimeoutMs)
    const recoveryMs = recovered ? elapsed() - overMs : null
    say(`  ${recoveryMs === null ? 'not recovered in time' : `recovered after ${(recoveryMs / 1_000).toFixed(1)} s`}`)
    return done.map(result => ({ ...result, recoveryMs }))
  }

  say('The load has ended; waiting for quiet')
  const client = new Client({ connectionString: endpoints.postgres.url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => undefined)
  await client.connect()
  try {
    for (const kind of ['users-appear', 'bulk-replay'] as const) {
      await injector.inject({ kind, atMs: 0, forMs: 0, targets: [] }, signal)
    }
    const quietFrom = elapsed()
    let left = await unrest(kafka, client, followed, startedAt)
    let replayAt = elapsed() + 10_000
    while (left.length > 0 && elapsed() - quietFrom < quietTimeoutMs) {
      await sleep(pollMs)
      left = await unrest(kafka, client, followed, startedAt)
      if (elapsed() > replayAt) {
        replayAt = elapsed() + 10_000
        say(`  ${left.join(', ')}`)
        await injector.inject({ kind: 'bulk-replay', atMs: 0, forMs: 0, targets: [] }, signal).catch(() => undefined)
      }
    }
    const quietMs = left.length === 0 ? elapsed() - quietFrom : null
    await deliveries.stop()
    const audit = await auditAtRest({ kafka, endpoints, plan })
    const invariants = await checkInvariants(client, load, mark, audit)
    const events = await eventsToDeliver(client, mark)
    const delivered = deliveries.delivered() + injector.proxied()
    return {
      seed,
      minutes,
      again: [
        `npm run local -- chaos --seed ${seed} --minutes ${minutes} --rate ${perSecond}`,
        ...(kinds ?? []).map(kind => `--only ${kind}`)
      ].join(' '),
      holds:
        invariants.every(({ holds }) => holds) &&
        quietMs !== null &&
        faults.every(({ recoveryMs }) => recoveryMs !== null),
      schedule,
      faults,
      load: { accepted: load.accepted.size, ...load.counts },
      deliveries: {
        delivered,
        events,
        duplicates: Math.max(0, delivered - events),
        deadLettersDropped: deliveries.dropped()
      },
      quietMs,
      unrest: left,
      invariants,
      audit
    }
  } finally {
    await deliveries.stop() // also when something above failed
    await client.end().catch(() => undefined)
  }
}

const Created = z.object({ id: z.string() })
const Seen = z.object({ timeline: z.array(z.unknown()) })

/** All parts are healthy, and a new student goes all the way: HTTP, outbox, Debezium, Kafka, a function, the database. */
async function isRecovered(endpoints: Endpoints, key: string, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  const url = endpoints.functions.createStudent?.url ?? ''
  const body = JSON.stringify({ userId: 'user-1', name: 'Probe', email: `${key.replace('-', '@')}` })
  let id: string | undefined
  while (performance.now() < deadline) {
    try {
      const timeout = () => AbortSignal.timeout(5_000)
      if (id === undefined) {
        const headers = { 'content-type': 'application/json', 'idempotency-key': key }
        const created = await fetch(url, { method: 'POST', headers, body, signal: timeout() })
        if (created.ok) id = Created.parse(await created.json()).id
      } else {
        const { timeline } = Seen.parse(await (await fetch(`${url}/${id}`, { signal: timeout() })).json())
        const status = Status.parse(
          await (await fetch(`${endpoints.control.url}/status`, { signal: timeout() })).json()
        )
        if (timeline.length > 0 && status.healthy) return true
      }
    } catch {
      // Not yet.
    }
    await sleep(pollMs)
  }
  return false
}

/** How many deliveries the changes of this run need when none is repeated: each goes to two functions. */
async function eventsToDeliver(client: Client, mark: string): Promise<number> {
  const { rows } = await client.query<{ events: number }>(
    `select coalesce(sum(version), 0)::int * 2 as events from students where email like '%' || $1`,
    [mark]
  )
  return rows[0]?.events ?? 0
}
