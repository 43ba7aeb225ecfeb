import type { FetchedMessage } from './decoded-message.ts'
import type { KafkaRecord } from '../record.ts'

/** @throws for an unreadable batch, with its reason */
export function toRecord(topic: string, partition: number, offset: number, message: object): KafkaRecord {
  // kafkajs hands over what record-batch.ts made; its types know nothing of that. Records of old brokers have no headers.
  const { timestamp, key, value, headerList = [] } = message as FetchedMessage
  return { topic, partition, offset, timestampMs: BigInt(timestamp), key, value, headers: headerList }
}
