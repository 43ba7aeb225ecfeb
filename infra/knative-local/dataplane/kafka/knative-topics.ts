// The topics that Knative makes itself: those of Brokers, and of KafkaSinks that say how large they are.
import type { Admin } from 'kafkajs'
import type { Broker, KafkaSink } from '../../manifests/plan.ts'

export interface NewTopic {
  readonly topic: string
  readonly partitions: number
  readonly replicas: number
  readonly config: Readonly<Record<string, string>>
}

/** Undefined when somebody else makes it. */
export function topicOfBroker(broker: Broker): NewTopic | undefined {
  const { topic, externalTopic, partitions, replicationFactor: replicas, topicConfig: config } = broker
  return externalTopic ? undefined : { topic, partitions, replicas, config }
}

/** A KafkaSink creates its topic only when it says both numbers. */
export function topicOfSink({ topic, numPartitions, replicationFactor }: KafkaSink): NewTopic | undefined {
  if (numPartitions === undefined || replicationFactor === undefined) return undefined
  return { topic, partitions: numPartitions, replicas: replicationFactor, config: {} }
}

/** With as many replicas as there are brokers, where it asks for more: one broker is enough to try something. */
export async function withFewerReplicas<Topic extends NewTopic>(admin: Admin, wanted: Topic): Promise<Topic> {
  const { brokers } = await admin.describeCluster()
  return { ...wanted, replicas: Math.min(wanted.replicas, brokers.length) }
}

/**
 * Each partition on the brokers of `placed`, or else where Kafka puts it. False when it was there.
 * @throws as kafkajs does, for a refusal too
 */
export function createTopic(
  admin: Admin,
  { topic, partitions, replicas, config }: NewTopic,
  placed?: number[]
): Promise<boolean> {
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
  const size = placed
    ? { replicaAssignment: Array.from({ length: partitions }, (_, partition) => ({ partition, replicas: placed })) }
    : { numPartitions: partitions, replicationFactor: replicas }
  return admin.createTopics({
    waitForLeaders: true,
    timeout: CREATE_WITHIN_MS,
    topics: [{ topic, ...size, configEntries }]
  })
}

const CREATE_WITHIN_MS = 15_000
