// Records of many keys, written while members come and go.
import { openRecordWriter } from '../kafka/record-writer.ts'
import type { TestKafka } from '../../testing/kafka.ts'

export const KEYS = Array.from({ length: 24 }, (_, i) => `order-${i}`)

interface Stream {
  /** Numbers sent of each key. */
  sent(): number
  stop(): Promise<void>
}

/** Writes one record of every key again and again, numbered from `from`, by the writer of the ingress: what it says is written is. */
export function startStream(kafka: TestKafka, topic: string, from = 0): Stream {
  const writer = openRecordWriter(kafka.kafka)
  let sent = from
  const stopping = new AbortController()
  const sending = (async () => {
    while (!stopping.signal.aborted) {
      await Promise.all(
        KEYS.map(key => writer.write(topic, { key, value: Buffer.from(String(sent)), headers: headers(key, sent) }))
      )
      sent++
      await new Promise(resolve => setTimeout(resolve, 80))
    }
    await writer.close()
  })()
  return {
    sent: () => sent,
    stop: () => {
      stopping.abort()
      return sending
    }
  }
}

/** Of the record with that number of its key. */
export function headers(key: string, number: number): Record<string, string> {
  return {
    ce_specversion: '1.0',
    ce_id: `${key}-${number}`,
    ce_source: '/test',
    ce_type: 'com.example.test',
    ce_order: key,
    ce_number: String(number)
  }
}
