// Where each partition's log begins and ends, and how far a group has come.
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs, { type Admin } from 'kafkajs'

export interface LogRange {
  readonly topic: string
  readonly partition: number
  /** Of the first record that retention has left. */
  readonly start: number
  /** Of the next record to be written. */
  readonly end: number
}

/** A topic that does not exist has no partitions. One topic after the other, as jobs/one-at-a-time.ts says why. */
export async function logRanges(admin: Admin, topics: readonly string[]): Promise<LogRange[]> {
  const ranges: LogRange[] = []
  for (const topic of await existingTopics(admin, topics)) {
    const partitions = await patiently(admin, () => admin.fetchTopicOffsets(topic))
    for (const { partition, low, high } of partitions) {
      ranges.push({ topic, partition, start: Number(low), end: Number(high) })
    }
  }
  return ranges.toSorted((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition)
}

/**
 * Once asked for the offsets of a topic that is missing, a client of kafkajs fails on all topics.
 * @throws for a topic that this user may not see: it would count as missing, and its records as none
 */
export async function existingTopics(admin: Admin, topics: readonly string[]): Promise<string[]> {
  const all = new Set(await patiently(admin, () => admin.listTopics()))
  for (const topic of topics) if (!all.has(topic)) await refuseForbidden(admin, topic)
  return topics.filter(topic => all.has(topic))
}

/** Kafka lists only what a user may describe; asked for by its name, a topic is refused or unknown. */
async function refuseForbidden(admin: Admin, topic: string): Promise<void> {
  try {
    await admin.fetchTopicMetadata({ topics: [topic] })
  } catch (error) {
    if ((error as { type?: string }).type === 'TOPIC_AUTHORIZATION_FAILED')
      throw new Error(`not authorized to describe topic ${topic}: grant Describe to the user of the audit`, {
        cause: error
      })
  }
}

/** By `topic/partition`; a partition of which the group has committed nothing is not there. */
export async function committedOffsets(
  admin: Admin,
  groupId: string,
  topics: readonly string[]
): Promise<Map<string, number>> {
  const offsets = new Map<string, number>()
  for (const topic of await existingTopics(admin, topics)) {
    const committed = await patiently(admin, () => admin.fetchOffsets({ groupId, topics: [topic] }))
    for (const { partition, offset } of committed.flatMap(({ partitions }) => partitions)) {
      if (Number(offset) >= 0) offsets.set(`${topic}/${partition}`, Number(offset))
    }
  }
  return offsets
}

/** Records of these partitions that a group has yet to commit; what retention removed before that no longer counts. */
export function lagOf(ranges: readonly LogRange[], committed: ReadonlyMap<string, number>): number {
  return ranges.reduce(
    (sum, { topic, partition, start, end }) =>
      sum + Math.max(0, end - Math.max(start, committed.get(`${topic}/${partition}`) ?? 0)), // not read at one moment
    0
  )
}

const maxTries = 20
const retryDelayMs = 500

/**
 * kafkajs gives up at once while a leader or a coordinator moves, or loads what it coordinates, and asks the former leader
 * for as long as it believes its metadata. Of all that can be asked of it, listing the groups makes it read those again.
 */
async function patiently<Result>(admin: Admin, ask: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask()
    } catch (error) {
      const isPassing = error instanceof kafkajs.KafkaJSError && error.retriable && tries < maxTries
      if (!isPassing) throw error
      await sleep(retryDelayMs)
      await admin.listGroups().catch(() => undefined) // the next try says what is wrong
    }
  }
}
