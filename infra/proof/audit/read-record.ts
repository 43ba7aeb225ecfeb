// One record from Kafka, by its place.
import type { Kafka } from 'kafkajs'
import type { KafkaRecord } from '../../knative-local/events.ts'
import { logRanges } from './log-offsets.ts'
import { readLog } from './read-log.ts'

/** Undefined for one that was never written, or that retention has removed. */
export async function readRecord(
  kafka: Kafka,
  at: { readonly topic: string; readonly partition: number; readonly offset: number }
): Promise<KafkaRecord | undefined> {
  const admin = kafka.admin()
  await admin.connect()
  const ranges = await logRanges(admin, [at.topic]).finally(() => admin.disconnect())
  const range = ranges.find(({ partition }) => partition === at.partition)
  if (range === undefined || at.offset < range.start || at.offset >= range.end) return undefined
  let found: KafkaRecord | undefined
  await readLog(kafka, [{ ...range, start: at.offset, end: at.offset + 1 }], async records => {
    found = records.find(({ offset }) => offset === at.offset) ?? found
  })
  return found
}
