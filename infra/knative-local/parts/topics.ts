// Topics from KafkaTopic objects, as Strimzi would make them: created, grown and configured, never shrunk or deleted.
import kafkajs, { type Admin } from 'kafkajs'
import type { Broker, KafkaSink, KafkaTopic, Origin, Plan } from '../manifests/plan.ts'

export interface WantedTopic {
  readonly topic: string
  readonly partitions: number
  readonly replicas: number
  readonly config: Readonly<Record<string, string>>
  readonly origin: Origin
}

export interface TopicDescription {
  readonly topic: string
  readonly partitions: number
  readonly replicas: number
}

/** Those that Strimzi makes, and those that Knative makes for its Brokers and for sinks that ask for it. */
export function wantedTopics(plan: Pick<Plan, 'kafkaTopics' | 'brokers' | 'kafkaSinks'>): WantedTopic[] {
  const declared = plan.kafkaTopics.map(({ topic, partitions, replicas, config, origin }: KafkaTopic) => ({
    topic,
    partitions,
    replicas,
    config,
    origin
  }))
  const ofBrokers = plan.brokers.map(({ topic, partitions, replicationFactor, topicConfig, origin }: Broker) => ({
    topic,
    partitions,
    replicas: replicationFactor,
    config: topicConfig,
    origin
  }))
  const ofSinks = plan.kafkaSinks.flatMap(({ topic, numPartitions, replicationFactor, origin }: KafkaSink) =>
    numPartitions && replicationFactor
      ? [{ topic, partitions: numPartitions, replicas: replicationFactor, config: {}, origin }]
      : []
  )
  const all = [...declared, ...ofBrokers, ...ofSinks]
  return all.filter((wanted, index) => all.findIndex(({ topic }) => topic === wanted.topic) === index)
}

/** Makes the cluster as wanted and answers what was changed, a sentence each; a topic that cannot be so is a sentence too. */
export async function applyTopics(admin: Admin, wanted: readonly WantedTopic[]): Promise<string[]> {
  const existing = new Map((await describeTopics(admin)).map(topic => [topic.topic, topic]))
  const missing = wanted.filter(({ topic }) => !existing.has(topic))
  const grown = wanted.filter(({ topic, partitions }) => partitions > (existing.get(topic)?.partitions ?? partitions))
  const configured = wanted.filter(({ topic, config }) => existing.has(topic) && Object.keys(config).length > 0)

  if (missing.length > 0) {
    await admin.createTopics({
      topics: missing.map(({ topic, partitions, replicas, config }) => ({
        topic,
        numPartitions: partitions,
        replicationFactor: replicas,
        configEntries: entries(config)
      })),
      waitForLeaders: true,
      timeout: 15_000
    })
  }
  if (grown.length > 0) {
    await admin.createPartitions({
      topicPartitions: grown.map(({ topic, partitions }) => ({ topic, count: partitions })),
      timeout: 15_000
    })
  }
  if (configured.length > 0) {
    await admin.alterConfigs({
      validateOnly: false,
      resources: configured.map(({ topic, config }) => ({
        type: kafkajs.ConfigResourceTypes.TOPIC,
        name: topic,
        configEntries: entries(config)
      }))
    })
  }
  return [
    ...missing.map(({ topic, partitions }) => `topic ${topic} made with ${partitions} partitions`),
    ...grown.map(
      ({ topic, partitions }) =>
        `topic ${topic} grown from ${existing.get(topic)?.partitions} to ${partitions} partitions`
    ),
    ...wanted.flatMap(topic => refusals(topic, existing.get(topic.topic)))
  ]
}

function refusals(
  { topic, partitions, replicas, origin }: WantedTopic,
  existing: TopicDescription | undefined
): string[] {
  if (!existing) return []
  const where = `${origin.file}:${origin.line}`
  return [
    ...(partitions < existing.partitions
      ? [`${where} topic ${topic} keeps its ${existing.partitions} partitions: Kafka cannot take any away`]
      : []),
    ...(replicas === existing.replicas
      ? []
      : [`${where} topic ${topic} keeps replication factor ${existing.replicas}: it is not changed on a running topic`])
  ]
}

export async function describeTopics(admin: Admin): Promise<TopicDescription[]> {
  const { topics } = await admin.fetchTopicMetadata()
  return topics.map(({ name, partitions }) => ({
    topic: name,
    partitions: partitions.length,
    replicas: partitions[0]?.replicas.length ?? 0
  }))
}

function entries(config: Readonly<Record<string, string>>): { name: string; value: string }[] {
  return Object.entries(config).map(([name, value]) => ({ name, value }))
}
