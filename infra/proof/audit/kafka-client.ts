// The audit's own Kafka client, which reads what Debezium compressed.
import { readFile } from 'node:fs/promises'
import kafkajs, { type Kafka } from 'kafkajs'
// @ts-expect-error kafkajs-snappy ships no types
import SnappyCodec from 'kafkajs-snappy'
import { createKafkaClient, type KafkaAddress } from '../../jobs/kafka-client.ts'

const { CompressionCodecs, CompressionTypes } = kafkajs

CompressionCodecs[CompressionTypes.Snappy] = SnappyCodec as () => unknown

export type AuditedKafka = Omit<KafkaAddress, 'authority'> & { readonly caFile?: string }

export async function kafkaClient({ caFile, ...address }: AuditedKafka): Promise<Kafka> {
  const authority = caFile === undefined ? undefined : await readFile(caFile, 'utf8')
  return createKafkaClient('audit', { ...address, authority })
}
