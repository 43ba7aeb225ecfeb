// What the system looks like while it is loaded, once a second: how far groups are behind, what waits in the outbox, and who has
// the CPU.
import { setTimeout as sleep } from 'node:timers/promises'
import { committedOffsets, lagOf, logRanges } from '../../audit/log-offsets.ts'
import { followedFunctions } from '../../audit/followed-functions.ts'
import type { Stage } from '../stage/stage.ts'
import { cpuShares, cpuUse } from './cpu-by-part.ts'

export interface Sample {
  /** Since the epoch. */
  readonly at: number
  /** Records not yet read, by consumer group. */
  readonly lag: Readonly<Record<string, number>>
  /** Rows of the outbox that are not in Kafka yet. */
  readonly outboxDepth: number
  /** Of the whole machine, from 0 to 1, by part. */
  readonly cpu: Readonly<Record<string, number>>
}

export interface Sampling {
  readonly samples: readonly Sample[]
  stop(): Promise<void>
}

const everyMs = 1_000
/** Of CPU time, of all cores: the kernel counts in ticks of 10 ms, too coarse for less. */
const minCpuMs = 500

export async function startSampling(stage: Stage): Promise<Sampling> {
  const { admin, database, plan, endpoints, undo } = stage
  const groups = [
    ...plan.kafkaSources.map(({ consumerGroup, topics }) => ({ group: consumerGroup, topics })),
    ...plan.triggers.map(({ consumerGroup, broker, namespace }) => ({
      group: consumerGroup,
      topics: plan.brokers.flatMap(one => (one.name === broker && one.namespace === namespace ? [one.topic] : []))
    }))
  ]
  const outboxTopics = [...new Set(followedFunctions(plan).functions.flatMap(({ topics }) => topics))]
  const startedAt = new Date()
  const recordsBefore = await recordsIn(outboxTopics)
  const samples: Sample[] = []
  const stopping = new AbortController()
  let before = await cpuUse(endpoints)
  let lastError: Error | undefined

  async function recordsIn(topics: readonly string[]): Promise<number> {
    return (await logRanges(admin, topics)).reduce((sum, { end }) => sum + end, 0)
  }

  async function lagByGroup(): Promise<Record<string, number>> {
    const ranges = await logRanges(admin, [...new Set(groups.flatMap(({ topics }) => topics))])
    const lag: Record<string, number> = {}
    for (const { group, topics } of groups) {
      const own = ranges.filter(({ topic }) => topics.includes(topic))
      lag[group] = lagOf(own, await committedOffsets(admin, group, topics))
    }
    return lag
  }

  async function sample(): Promise<void> {
    const [{ rows }, records] = await Promise.all([
      database.query<{ count: number }>('select count(*)::int as count from outbox where created_at >= $1', [
        startedAt
      ]),
      recordsIn(outboxTopics)
    ])
    const outboxDepth = Math.max(0, (rows[0]?.count ?? 0) - (records - recordsBefore)) // the two are not read at one moment
    const lag = await lagByGroup()
    const after = await cpuUse(endpoints)
    const isLong = after.allMs - before.allMs >= minCpuMs
    samples.push({ at: Date.now(), lag, outboxDepth, cpu: isLong ? cpuShares(before, after) : {} })
    if (isLong) before = after
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await sample().catch((error: Error) => (lastError = error)) // the next one may come through
      await sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  const running = run()
  const stop = async (): Promise<void> => {
    stopping.abort()
    await running
    if (samples.length === 0 && lastError) throw new Error('nothing could be sampled', { cause: lastError })
  }
  undo('the sampling', stop)
  return { samples, stop }
}

export function lagSum({ lag }: Sample): number {
  return Object.values(lag).reduce((sum, records) => sum + records, 0)
}
