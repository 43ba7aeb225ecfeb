// The audit's own Kafka client, which reads records as the data plane does.
import { readFile } from 'node:fs/promises'
import type { Kafka } from 'kafkajs'
import '../../knative-local/events.ts'
import { createKafkaClient, type KafkaAddress } from '../../jobs/kafka-client.ts'

export type AuditedKafka = Omit<KafkaAddress, 'authority'> & { readonly caFile?: string }

export async function kafkaClient({ caFile, ...address }: AuditedKafka): Promise<Kafka> {
  const authority = caFile === undefined ? undefined : await readFile(caFile, 'utf8')
  return createKafkaClient('audit', { ...address, authority })
}
