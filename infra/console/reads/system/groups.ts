// Consumer groups: how far each has read, who reads what, and how that went in the last hour.
import { z } from 'zod'
import { type Egress, egressesOf } from '../../../knative-local/events.ts'
import type { GroupSample, Look } from './group-watch.ts'
import { defineRead, NotFound } from '../read.ts'
import { functionOf } from '../sources.ts'
import type { ClusterView } from './cluster.ts'

export interface Group {
  readonly name: string
  /** KafkaSource or Trigger, and its name: whose group this is. */
  readonly kind: string
  readonly owner: string
  readonly function: string
  readonly topics: readonly string[]
  readonly state: string
  readonly members: number
  readonly lag: number
  /** Records committed a second, over the last looks. */
  readonly rate: number
  readonly ready: 'True' | 'False' | 'Unknown'
  readonly reason: string
}

export const groups = defineRead({
  description: 'Every consumer group of the system with its state, lag and rate.',
  input: z.object({}),
  async run(sources): Promise<{ readonly at: string; readonly groups: readonly Group[] }> {
    const [newest, view] = await Promise.all([sources.groups.latest(), sources.cluster()])
    return {
      at: new Date(newest.atMs).toISOString(),
      groups: egressesOf(view.plan).map(egress => describeGroup(egress, newest, sources.groups.history(), view))
    }
  }
})

/** The columns of kafka-consumer-groups.sh --describe. */
export interface GroupRow {
  readonly topic: string
  readonly partition: number
  /** Null where nothing is committed yet. */
  readonly currentOffset: number | null
  readonly logEndOffset: number
  readonly lag: number
  /** Null while nobody has the partition. */
  readonly consumerId: string | null
  readonly host: string | null
  readonly clientId: string | null
}

export interface GroupHistory {
  /** Milliseconds since 1970. */
  readonly at: readonly number[]
  readonly lag: readonly number[]
  readonly rebalances: readonly { readonly at: number; readonly what: string }[]
}

export const group = defineRead({
  description: "One consumer group as Kafka's own tool shows it, with its lag and its rebalances in the last hour.",
  input: z.object({ name: z.string() }),
  async run(
    sources,
    { name }
  ): Promise<Group & { readonly rows: readonly GroupRow[]; readonly history: GroupHistory }> {
    const [newest, view] = await Promise.all([sources.groups.latest(), sources.cluster()])
    const egress = egressesOf(view.plan).find(one => one.group === name)
    const sample = newest.groups.get(name)
    if (egress === undefined || sample === undefined)
      throw new NotFound(`No KafkaSource or Trigger has a group ${name}.`)
    const history = sources.groups.history()
    return {
      ...describeGroup(egress, newest, history, view),
      rows: newest.ranges
        .filter(({ topic }) => egress.topics.includes(topic))
        .map(range => {
          const key = `${range.topic}/${range.partition}`
          const committed = sample.committed.get(key)
          const reader = sample.assignments.find(one => one.topic === range.topic && one.partition === range.partition)
          return {
            topic: range.topic,
            partition: range.partition,
            currentOffset: committed ?? null,
            logEndOffset: range.end,
            lag: Math.max(0, range.end - Math.max(range.start, committed ?? 0)),
            consumerId: reader?.memberId ?? null,
            host: reader?.host ?? null,
            clientId: reader?.clientId ?? null
          }
        }),
      history: historyOf(name, history)
    }
  }
})

/** Over so many looks a rate is taken. */
const rateLooks = 5

function describeGroup(egress: Egress, newest: Look, history: readonly Look[], view: ClusterView): Group {
  const { kind, namespace, name, group: groupName, topics, subscriber } = egress
  const sample = newest.groups.get(groupName)
  const service = view.plan.services.find(
    one => one.namespace === subscriber.ref?.namespace && one.name === subscriber.ref?.name
  )
  return {
    name: groupName,
    kind,
    owner: name,
    function: service === undefined ? (subscriber.uri ?? subscriber.ref?.name ?? '') : functionOf(service),
    topics,
    state: sample?.state ?? 'Unknown',
    members: new Set(sample?.assignments.map(({ memberId }) => memberId)).size,
    lag: sample?.lag ?? 0,
    rate: rateOf(history.slice(-rateLooks), look => sum(look.groups.get(groupName)?.committed.values())),
    ...view.condition(kind, namespace, name)
  }
}

/** Of what only grows, a second; 0 before there are two looks. */
export function rateOf(looks: readonly Look[], count: (look: Look) => number): number {
  const [from, to] = [looks.at(0), looks.at(-1)]
  if (from === undefined || to === undefined || to.atMs <= from.atMs) return 0
  const rate = ((count(to) - count(from)) * 1_000) / (to.atMs - from.atMs)
  return Math.max(0, Math.round(rate * 10) / 10)
}

function historyOf(name: string, history: readonly Look[]): GroupHistory {
  const samples = history.flatMap(look => look.groups.get(name) ?? [])
  return {
    at: samples.map(({ atMs }) => atMs),
    lag: samples.map(({ lag }) => lag),
    rebalances: samples.flatMap((sample, index) => {
      const before = samples[index - 1]
      const what = before && changeOf(before, sample)
      return what === undefined ? [] : [{ at: sample.atMs, what }]
    })
  }
}

/** What a person would say of two looks; undefined when nobody's partitions have changed. */
export function changeOf(before: GroupSample, after: GroupSample): string | undefined {
  if (before.state === 'Stable' && after.state !== 'Stable') return `the group is ${after.state}`
  const shape = ({ assignments }: GroupSample) =>
    assignments
      .map(({ topic, partition, memberId }) => `${topic}/${partition} ${memberId}`)
      .toSorted()
      .join()
  if (shape(before) === shape(after)) return undefined
  const members = (sample: GroupSample) => new Set(sample.assignments.map(({ memberId }) => memberId))
  const [was, is] = [members(before), members(after)]
  const joined = [...is].filter(member => !was.has(member)).length
  const left = [...was].filter(member => !is.has(member)).length
  const words = [joined > 0 && `${joined} joined`, left > 0 && `${left} left`].filter(Boolean)
  return words.length > 0 ? words.join(', ') : 'partitions have moved'
}

function sum(numbers: Iterable<number> = []): number {
  return [...numbers].reduce((total, number) => total + number, 0)
}
