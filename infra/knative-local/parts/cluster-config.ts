// What the cluster's own objects say about Kafka and Connect, for the local ones to follow.
import { z } from 'zod'
import type { ManifestObject } from '../manifests/plan.ts'

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String)
const Config = z.record(z.string(), scalar).default({})

const Kafka = z.object({ spec: z.object({ kafka: z.object({ config: Config }) }) })
const KafkaConnect = z.object({
  spec: z.object({
    groupId: z.string().default('connect-cluster'),
    configStorageTopic: z.string().default('connect-cluster-configs'),
    offsetStorageTopic: z.string().default('connect-cluster-offsets'),
    statusStorageTopic: z.string().default('connect-cluster-status'),
    config: Config
  })
})

/** spec.kafka.config of the Kafka object. */
export function brokerConfig(objects: readonly ManifestObject[]): Record<string, string> {
  const kafka = objects.find(({ kind }) => kind === 'Kafka')
  return kafka ? Kafka.parse(kafka).spec.kafka.config : {}
}

/** A worker's configuration from the KafkaConnect object, without what only a cluster has. */
export function connectConfig(objects: readonly ManifestObject[]): Record<string, string> {
  const connect = objects.find(({ kind }) => kind === 'KafkaConnect')
  if (!connect) throw new Error('No KafkaConnect object among the YAML files: Debezium has nowhere to run')
  const { groupId, configStorageTopic, offsetStorageTopic, statusStorageTopic, config } =
    KafkaConnect.parse(connect).spec
  return {
    ...config,
    'group.id': groupId,
    'config.storage.topic': configStorageTopic,
    'offset.storage.topic': offsetStorageTopic,
    'status.storage.topic': statusStorageTopic
  }
}
