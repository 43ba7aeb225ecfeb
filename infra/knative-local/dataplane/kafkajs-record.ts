import type { Batch } from 'kafkajs'
import type { KafkaRecord } from './record.ts'

/** kafkajs groups headers by name: their order is kept within a name, and of names by their first. */
export function toRecord(
  topic: string,
  partition: number,
  offset: number,
  message: Batch['messages'][number]
): KafkaRecord {
  const headers: [string, Buffer | null][] = []
  for (const name in message.headers) {
    const value = message.headers[name]
    for (const one of Array.isArray(value) ? value : [value]) {
      headers.push([name, typeof one === 'string' ? Buffer.from(one) : (one ?? null)])
    }
  }
  return {
    topic,
    partition,
    offset,
    timestampMs: BigInt(message.timestamp),
    key: message.key,
    value: message.value,
    headers
  }
}
