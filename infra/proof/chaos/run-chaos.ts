// The rehearsal: load, faults one after another, quiet, the audit, the invariants.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import { Client } from 'pg'
import { followedFunctions } from '../audit/followed-functions.ts'
import { auditAtRest } from '../audit/audit-at-rest.ts'
import type { Endpoints } from '../../knative-local/index.ts'
import type { Plan } from '../../knative-local/plans.ts'
import type { Processes } from '../../knative-local/single-parts.ts'
import { countDeliveries } from './delivery-count.ts'
import { doFaults } from './do-faults.ts'
import { createInjector } from './inject.ts'
import { checkInvariants } from './invariants.ts'
import { startLoad } from './load.ts'
import { awaitQuiet, unrest } from './quiet.ts'
import { seededRandom } from './random.ts'
import { isRecovered } from './recovery.ts'
import type { ChaosReport, FaultResult } from './report.ts'
import { type FaultKind, makeSchedule } from './schedule.ts'
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
const loadDrainMs = 60_000

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
  let faults: readonly FaultResult[]
  try {
    faults = await doFaults(schedule, {
      injector,
      recovers: probe => isRecovered(endpoints, `probe-${probe}-${mark}`, recoveryTimeoutMs),
      elapsed,
      signal,
      say
    })
    await sleep(Math.max(0, minutes * 60_000 - elapsed()), undefined, { signal }).catch(() => undefined)
  } finally {
    await load.stop(loadDrainMs)
  }

  say('The load has ended; waiting for quiet')
  const client = new Client({ connectionString: endpoints.postgres.url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => undefined)
  await client.connect()
  try {
    for (const kind of ['users-appear', 'bulk-replay'] as const) {
      await injector.inject({ kind, atMs: 0, forMs: 0, targets: [] }, signal)
    }
    const { quietMs, left } = await awaitQuiet({
      look: () => unrest(kafka, client, followed, startedAt),
      nudge: () => injector.inject({ kind: 'bulk-replay', atMs: 0, forMs: 0, targets: [] }, signal),
      say
    })
    await deliveries.stop()
    const audit = await auditAtRest({ kafka, endpoints, plan })
    const invariants = await checkInvariants(client, load, mark, audit)
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
        ...withDuplicates(deliveries.delivered() + injector.proxied(), await eventsToDeliver(client, mark)),
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

/** How many deliveries the changes of this run need when none is repeated: each goes to two functions. */
async function eventsToDeliver(client: Client, mark: string): Promise<number> {
  const { rows } = await client.query<{ events: number }>(
    `select coalesce(sum(version), 0)::int * 2 as events from students where email like '%' || $1`,
    [mark]
  )
  return rows[0]?.events ?? 0
}

function withDuplicates(delivered: number, events: number) {
  return { delivered, events, duplicates: Math.max(0, delivered - events) }
}
