// Records of a range of time, from Kafka itself: the newest of it, and at most as many as are kept in memory.
import type { Admin, Kafka } from 'kafkajs'
import { type LogRange, logRanges } from '../../../proof/audit/log-offsets.ts'
import { readLog } from '../../../proof/audit/read-log.ts'
import { maxKept } from './kept-records.ts'
import { type SeenRecord, seenRecord } from './seen-record.ts'

/** RFC 3339; an end that is not given is that of the log. */
export interface Between {
  readonly since?: string | undefined
  readonly until?: string | undefined
}

export async function recordsBetween(kafka: Kafka, topics: readonly string[], between: Between): Promise<SeenRecord[]> {
  const admin = kafka.admin()
  await admin.connect()
  const ranges = await rangesOf(admin, topics, between).finally(() => admin.disconnect())
  const found: SeenRecord[] = []
  await readLog(kafka, ranges, async batch => {
    for (const record of batch) found.push(await seenRecord(record))
  })
  return found
}

async function rangesOf(admin: Admin, topics: readonly string[], { since, until }: Between): Promise<LogRange[]> {
  const ranges = await logRanges(admin, topics)
  const share = Math.max(1, Math.floor(maxKept / Math.max(1, ranges.length)))
  const offsetsAt = async (topic: string, time: string | undefined) => {
    if (time === undefined) return undefined
    const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, Date.parse(time))
    return new Map(offsets.map(({ partition, offset }) => [partition, Number(offset)]))
  }
  const bounded = await Promise.all(
    [...Map.groupBy(ranges, ({ topic }) => topic)].map(async ([topic, own]) => {
      const [starts, ends] = await Promise.all([offsetsAt(topic, since), offsetsAt(topic, until)])
      return own.map(({ partition, start, end }) => {
        const to = ends?.get(partition) ?? end
        return { topic, partition, start: Math.max(starts?.get(partition) ?? start, to - share), end: to }
      })
    })
  )
  return bounded.flat()
}
