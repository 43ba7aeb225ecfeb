// The largest batch that a topic takes: its max.message.bytes.
import type { Kafka } from 'kafkajs'
import { connectOnce } from './connect-once.ts'
import { kafkajs } from './kafkajs.ts'

/** Kafka's own, for topics whose settings may not be read. */
const DEFAULT_BYTES = 1_048_588
/** A topic's settings may be edited. */
const READ_AGAIN_MS = 30_000

export interface TopicLimits {
  maxBatchBytes(topic: string): Promise<number>
  close(): Promise<void>
}

export function openTopicLimits(kafka: Kafka): TopicLimits {
  const admin = kafka.admin()
  const connected = connectOnce(() => admin.connect())
  const known = new Map<string, { readonly bytes: Promise<number>; readonly readAtMs: number }>()
  const read = async (topic: string): Promise<number> => {
    await connected()
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: ['max.message.bytes'] }]
    })
    return Number(resources[0]?.configEntries[0]?.configValue ?? DEFAULT_BYTES)
  }
  return {
    maxBatchBytes: topic => {
      const before = known.get(topic)
      if (before !== undefined && performance.now() - before.readAtMs < READ_AGAIN_MS) return before.bytes
      const bytes = read(topic).catch(() => DEFAULT_BYTES)
      known.set(topic, { bytes, readAtMs: performance.now() })
      return bytes
    },
    close: () => admin.disconnect()
  }
}
