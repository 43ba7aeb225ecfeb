// A source, a Broker and a Trigger as a plan has them.
import type { Broker, KafkaSource, Trigger } from '../../manifests/plan.ts'

const origin = { file: 'test', line: 1 }
const delivery = { retry: 0, backoffPolicy: 'linear', backoffDelayMs: 100, timeoutMs: 5000 } as const

/** Reads one topic from its beginning. */
export function kafkaSourceTo(uri: string, topic: string, changes: Partial<KafkaSource>): KafkaSource {
  return {
    namespace: 'test',
    name: topic,
    bootstrapServers: [],
    topics: [topic],
    consumers: 1,
    consumerGroup: `group-${topic}`,
    initialOffset: 'earliest',
    ordering: 'ordered',
    keyType: 'string',
    delivery,
    sink: { uri },
    extensions: {},
    origin,
    ...changes
  }
}

export function broker(name: string): Broker {
  return {
    namespace: 'test',
    name,
    topic: `knative-broker-test-${name}`,
    bootstrapServers: [],
    externalTopic: false,
    partitions: 3,
    // More than there are brokers: the topic gets as many as there are.
    replicationFactor: 3,
    topicConfig: { 'retention.ms': '-1' },
    delivery,
    origin
  }
}

export function triggerTo(uri: string, name: string, changes: Partial<Trigger>): Trigger {
  return {
    namespace: 'test',
    name,
    broker: 'default',
    consumerGroup: `knative-trigger-test-${name}`,
    ordering: 'unordered',
    filterAttributes: {},
    subscriber: { uri },
    delivery,
    origin,
    ...changes
  }
}
