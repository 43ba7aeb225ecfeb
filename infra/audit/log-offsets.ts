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

/** A topic that does not exist has no partitions. */
export async function logRanges(admin: Admin, topics: readonly string[]): Promise<LogRange[]> {
  const ranges = await Promise.all(
    topics.map(async topic => {
      const partitions = await admin.fetchTopicOffsets(topic).catch((error: unknown) => {
        if (error instanceof kafkajs.KafkaJSProtocolError && error.type === 'UNKNOWN_TOPIC_OR_PARTITION') return []
        throw error
      })
      return partitions.map(({ partition, low, high }) => ({
        topic,
        partition,
        start: Number(low),
        end: Number(high)
      }))
    })
  )
  return ranges.flat().toSorted((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition)
}

/** By `topic/partition`; a partition of which the group has committed nothing is not there. */
export async function committedOffsets(
  admin: Admin,
  groupId: string,
  topics: readonly string[]
): Promise<Map<string, number>> {
  const committed = await fetchOffsets(admin, groupId, topics)
  return new Map(
    committed.flatMap(({ topic, partitions }) =>
      partitions.flatMap(({ partition, offset }): [string, number][] =>
        Number(offset) >= 0 ? [[`${topic}/${partition}`, Number(offset)]] : []
      )
    )
  )
}

const maxTries = 20
const retryDelayMs = 500

/** kafkajs gives up at once while the group's coordinator moves, or loads what it coordinates. */
async function fetchOffsets(admin: Admin, groupId: string, topics: readonly string[]) {
  for (let tries = 1; ; tries++) {
    try {
      return await admin.fetchOffsets({ groupId, topics: [...topics] })
    } catch (error) {
      if (!(error instanceof kafkajs.KafkaJSError) || !error.retriable || tries === maxTries) throw error
      await sleep(retryDelayMs)
    }
  }
}
