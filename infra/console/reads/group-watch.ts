// What the groups of the plan have read, looked at every few seconds and kept for an hour: lag and rates over time, and each change of
// an assignment. It begins with the first look, and costs a few small requests a look.
import kafkajs, { type Admin, type Kafka } from 'kafkajs'
import { type Egress, egressesOf } from '../../knative-local/events.ts'
import type { Plan } from '../../knative-local/plans.ts'
import { committedOffsets, lagOf, type LogRange, logRanges } from '../../proof/audit/log-offsets.ts'

const everyMs = 2_000
/** While nobody looks. */
const idleEveryMs = 10_000
const idleAfterMs = 30_000
/** An hour of looks every 2 s. */
const maxSamples = 1_800

export interface Assignment {
  readonly topic: string
  readonly partition: number
  readonly memberId: string
  readonly clientId: string
  readonly host: string
}

export interface GroupSample {
  readonly atMs: number
  readonly state: string
  readonly lag: number
  readonly assignments: readonly Assignment[]
  /** By `topic/partition`. */
  readonly committed: ReadonlyMap<string, number>
}

export interface Look {
  readonly atMs: number
  readonly ranges: readonly LogRange[]
  readonly groups: ReadonlyMap<string, GroupSample>
}

export interface GroupWatch {
  /** The newest; waits for the first. @throws when Kafka cannot be asked, with the reason */
  latest(): Promise<Look>
  /** Oldest first. */
  history(): readonly Look[]
  stop(): Promise<void>
}

export function watchGroups(kafka: Kafka, plan: () => Promise<Plan>): GroupWatch {
  const looks: Look[] = []
  const admin = kafka.admin()
  let askedAt = 0
  let failure: Error | undefined
  let first: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  async function lookOnce(): Promise<void> {
    try {
      if (first === undefined || looks.length === 0) await admin.connect()
      looks.push(await look(admin, egressesOf(await plan())))
      if (looks.length > maxSamples) looks.shift()
      failure = undefined
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error))
    }
    if (isStopped) return
    const isIdle = performance.now() - askedAt > idleAfterMs
    timer = setTimeout(() => void lookOnce(), isIdle ? idleEveryMs : everyMs)
  }

  return {
    async latest() {
      askedAt = performance.now()
      first ??= lookOnce()
      await first
      const newest = looks.at(-1)
      if (newest === undefined || (failure && Date.now() - newest.atMs > idleEveryMs)) {
        throw new Error(`Kafka does not answer: ${failure?.message ?? 'no reason was given'}`)
      }
      return newest
    },
    history: () => looks,
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await admin.disconnect().catch(() => undefined)
    }
  }
}

async function look(admin: Admin, egresses: readonly Egress[]): Promise<Look> {
  const atMs = Date.now()
  const topics = [...new Set(egresses.flatMap(egress => egress.topics))]
  const [ranges, described] = await Promise.all([
    logRanges(admin, topics),
    admin.describeGroups(egresses.map(({ group }) => group))
  ])
  const groups = await Promise.all(
    egresses.map(async ({ group, topics: followed }): Promise<[string, GroupSample]> => {
      const committed = await committedOffsets(admin, group, followed)
      const own = ranges.filter(({ topic }) => followed.includes(topic))
      const { state = 'Unknown', members = [] } = described.groups.find(({ groupId }) => groupId === group) ?? {}
      return [
        group,
        { atMs, state, lag: lagOf(own, committed), committed, assignments: members.flatMap(assignmentsOf) }
      ]
    })
  )
  return { atMs, ranges, groups: new Map(groups) }
}

type Member = Awaited<ReturnType<Admin['describeGroups']>>['groups'][number]['members'][number]

function assignmentsOf({ memberId, clientId, clientHost, memberAssignment }: Member): Assignment[] {
  if (memberAssignment.length === 0) return [] // it joins
  const assignment = kafkajs.AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment ?? {}
  return Object.entries(assignment).flatMap(([topic, partitions]) =>
    partitions.map(partition => ({ topic, partition, memberId, clientId, host: clientHost }))
  )
}
