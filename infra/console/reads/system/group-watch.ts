// What the groups of the plan have read, looked at every few seconds and kept for an hour: lag and rates over time, and each change of
// an assignment. A look costs a few small requests.
import kafkajs, { type Admin, type Kafka } from 'kafkajs'
import { type Egress, egressesOf } from '../../../knative-local/events.ts'
import type { Plan } from '../../../knative-local/plans.ts'
import { committedOffsets, lagOf, type LogRange, logRanges } from '../../../proof/audit/log-offsets.ts'
import { type Sampler, startSampler } from './sampler.ts'

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

export interface GroupWatch extends Pick<Sampler<Look>, 'latest' | 'history'> {
  stop(): Promise<void>
}

export function watchGroups(kafka: Kafka, plan: () => Promise<Plan>): GroupWatch {
  const admin = kafka.admin()
  let isConnected = false
  const { latest, history, stop } = startSampler(async () => {
    try {
      if (!isConnected) await admin.connect()
      isConnected = true
      return await look(admin, egressesOf(await plan()))
    } catch (error) {
      throw new Error(`Kafka does not answer: ${error instanceof Error ? error.message : error}`, { cause: error })
    }
  })
  return {
    latest,
    history,
    async stop() {
      stop()
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
