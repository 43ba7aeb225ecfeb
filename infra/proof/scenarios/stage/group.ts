// Consumer groups as Kafka sees them: who is in them, what each one reads, and how far they have come.
import kafkajs, { type Admin } from 'kafkajs'
import { committedOffsets, logRanges } from '../../audit/log-offsets.ts'
import { until } from '../../../knative-local/testing.ts'
import type { Stage } from './stage.ts'

export interface GroupMember {
  readonly memberId: string
  readonly clientId: string
  readonly clientHost: string
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[]
}

export interface GroupState {
  /** `Stable` when every member has its share. */
  readonly state: string
  readonly members: readonly GroupMember[]
}

export async function stateOfGroup(admin: Admin, group: string): Promise<GroupState> {
  const { groups } = await admin.describeGroups([group])
  const members = (groups[0]?.members ?? []).map(({ memberId, clientId, clientHost, memberAssignment }) => {
    const assignment = kafkajs.AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment ?? {}
    const partitions = Object.entries(assignment).flatMap(([topic, numbers]) =>
      numbers.map(partition => ({ topic, partition }))
    )
    return { memberId, clientId, clientHost, partitions }
  })
  return { state: groups[0]?.state ?? '', members }
}

export interface Group {
  readonly group: string
  readonly topics: readonly string[]
}

/** A group waits 10 s for the session of a member that was killed and at most 30 s for the others; the rest is for a busy machine. */
const timeoutMs = 120_000

/** Resolves when exactly these clients have all partitions among them, in every group. */
export async function untilShared(
  { admin, signal }: Pick<Stage, 'admin' | 'signal'>,
  groups: readonly Group[],
  clientIds: readonly string[]
): Promise<void> {
  await until(
    `the groups to be shared by ${clientIds.join(' and ')}`,
    timeoutMs,
    async () => {
      for (const { group, topics } of groups) {
        const { state, members } = await stateOfGroup(admin, group)
        const are = members.map(({ clientId }) => clientId).toSorted()
        const read = members.reduce((sum, { partitions }) => sum + partitions.length, 0)
        const all = await logRanges(admin, topics)
        if (state !== 'Stable' || are.join() !== clientIds.toSorted().join() || read !== all.length) return false
      }
      return true
    },
    { signal }
  )
}

/** Resolves when the groups have committed all that is in their topics now. */
export async function untilCaughtUp(
  { admin, signal }: Pick<Stage, 'admin' | 'signal'>,
  groups: readonly Group[]
): Promise<void> {
  const ends = await Promise.all(groups.map(async one => ({ ...one, ranges: await logRanges(admin, one.topics) })))
  await until(
    'the groups to catch up',
    timeoutMs,
    async () => {
      for (const { group, topics, ranges } of ends) {
        const committed = await committedOffsets(admin, group, topics)
        const isBehind = ranges.some(
          ({ topic, partition, start, end }) => end > start && (committed.get(`${topic}/${partition}`) ?? 0) < end
        )
        if (isBehind) return false
      }
      return true
    },
    { signal }
  )
}

const leaveTimeoutMs = 60_000

/** Resolves when nobody is in the groups any more: only then Kafka takes offsets for them from outside. */
export async function untilWithoutMembers(
  { admin, signal }: Pick<Stage, 'admin' | 'signal'>,
  groups: readonly Group[]
): Promise<void> {
  await until(
    'the groups to be without members',
    leaveTimeoutMs,
    async () => {
      const states = await Promise.all(groups.map(({ group }) => stateOfGroup(admin, group)))
      return states.every(({ members }) => members.length === 0)
    },
    { signal }
  )
}
