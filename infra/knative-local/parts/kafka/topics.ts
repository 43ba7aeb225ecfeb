// Topics from KafkaTopic objects, as Strimzi would make them: created, grown and configured, never shrunk or deleted. A topic
// that cannot be as it is written stops no other.
import { counted } from '../../counted.ts'
import kafkajs, { type Admin } from 'kafkajs'
import {
  createTopic,
  type NewTopic,
  topicOfBroker,
  topicOfSink,
  withFewerReplicas
} from '../../dataplane/kafka/knative-topics.ts'
import type { Origin, Plan } from '../../manifests/plan.ts'
import { refusedBy } from './kafka-refusals.ts'
import { replicasOf } from './placement.ts'

export interface WantedTopic extends NewTopic {
  /** A KafkaTopic stays as it is written; Knative makes its topics and leaves them. */
  readonly keepsConfig: boolean
  readonly origin: Origin
}

export interface TopicDescription {
  readonly topic: string
  readonly partitions: number
  readonly replicas: number
}

/** As in the condition of a KafkaTopic. */
export interface TopicProblem {
  /** https://github.com/strimzi/strimzi-kafka-operator/blob/main/topic-operator/src/main/java/io/strimzi/operator/topic/model/TopicOperatorException.java */
  readonly reason: 'KafkaError' | 'NotSupported'
  readonly message: string
}

export interface AppliedTopics {
  /** What was changed, a sentence each. */
  readonly changes: readonly string[]
  /** By topic. */
  readonly problems: ReadonlyMap<string, TopicProblem>
}

/** Those that Strimzi makes, and those that Knative makes for its Brokers and for sinks that ask for it. */
export function wantedTopics(plan: Pick<Plan, 'kafkaTopics' | 'brokers' | 'kafkaSinks'>): WantedTopic[] {
  const declared = plan.kafkaTopics.map(({ topic, partitions, replicas, config, origin }) => ({
    topic,
    partitions,
    replicas,
    config,
    keepsConfig: true,
    origin
  }))
  const made = (topic: NewTopic | undefined, origin: Origin): WantedTopic[] =>
    topic === undefined ? [] : [{ ...topic, keepsConfig: false, origin }]
  const ofBrokers = plan.brokers.flatMap(broker => made(topicOfBroker(broker), broker.origin))
  const ofSinks = plan.kafkaSinks.flatMap(sink => made(topicOfSink(sink), sink.origin))
  const all = [...declared, ...ofBrokers, ...ofSinks]
  return all.filter((wanted, index) => all.findIndex(({ topic }) => topic === wanted.topic) === index)
}

/** Those that sources read and sinks write and that nobody in the files creates: in a cluster somebody else has. */
export function undeclaredTopics(plan: Plan): WantedTopic[] {
  const declared = new Set(wantedTopics(plan).map(({ topic }) => topic))
  const used = [
    ...plan.kafkaSources.flatMap(({ topics, origin }) => topics.map(topic => ({ topic, origin }))),
    ...plan.kafkaSinks.map(({ topic, origin }) => ({ topic, origin }))
  ]
  return used
    .filter(({ topic }, index) => !declared.has(topic) && used.findIndex(one => one.topic === topic) === index)
    .map(one => ({ ...one, partitions: 1, replicas: 1, config: {}, keepsConfig: false }))
}

/** Makes the cluster as wanted, as far as Kafka lets it. @throws when Kafka does not answer */
export async function applyTopics(admin: Admin, wanted: readonly WantedTopic[]): Promise<AppliedTopics> {
  const existing = new Map((await describeTopics(admin)).map(topic => [topic.topic, topic]))
  const missing = wanted.filter(({ topic }) => !existing.has(topic))
  const grown = wanted.filter(
    ({ topic, partitions, keepsConfig }) => keepsConfig && partitions > (existing.get(topic)?.partitions ?? partitions)
  )
  const configured = await differentConfigs(
    admin,
    wanted.filter(({ topic, keepsConfig }) => keepsConfig && existing.has(topic))
  )
  const refused = new Map([
    ...(await createTopics(admin, missing)),
    ...(await growTopics(admin, grown, existing)),
    ...(await configureTopics(admin, configured))
  ])
  const isDone = ({ topic }: { topic: string }) => !refused.has(topic)
  return {
    changes: [
      ...missing
        .filter(isDone)
        .map(({ topic, partitions }) => `topic ${topic} created with ${counted(partitions, 'partition')}`),
      ...grown.filter(isDone).map(({ topic, partitions }) => {
        const before = existing.get(topic)?.partitions
        return `topic ${topic} grown from ${before} to ${partitions} partitions`
      }),
      ...configured
        .filter(isDone)
        .map(({ topic, before, config }) => `topic ${topic}: ${describeChange(before, config)}`)
    ],
    problems: new Map([
      ...wanted.flatMap(topic => unsupported(topic, existing.get(topic.topic))),
      ...[...refused].map(([topic, message]): [string, TopicProblem] => [topic, { reason: 'KafkaError', message }])
    ])
  }
}

export async function describeTopics(admin: Admin): Promise<TopicDescription[]> {
  const { topics } = await admin.fetchTopicMetadata()
  return topics.map(({ name, partitions }) => ({
    topic: name,
    partitions: partitions.length,
    replicas: partitions[0]?.replicas.length ?? 0
  }))
}

type Refused = Map<string, string>
type Config = Readonly<Record<string, string>>
const changeTimeoutMs = 15_000

/**
 * A request for each topic: of several in one, Kafka refuses all when one asks for too many partitions, and does not see that two of
 * their names collide.
 * https://github.com/apache/kafka/blob/4.3.0/metadata/src/main/java/org/apache/kafka/controller/ReplicationControlManager.java
 */
async function createTopics(admin: Admin, missing: readonly WantedTopic[]): Promise<Refused> {
  if (missing.length === 0) return new Map()
  const brokers = await brokerIds(admin)
  const refused: [string, string][] = []
  for (const wanted of missing) {
    const fitting = wanted.keepsConfig ? wanted : await withFewerReplicas(admin, wanted)
    const placed = replicasOf(fitting, brokers)
    refused.push(...(await refusedBy(() => createTopic(admin, fitting, placed))))
  }
  return new Map(refused)
}

async function brokerIds(admin: Admin): Promise<number[]> {
  const { brokers } = await admin.describeCluster()
  return brokers.map(({ nodeId }) => nodeId)
}

async function growTopics(
  admin: Admin,
  grown: readonly WantedTopic[],
  existing: ReadonlyMap<string, TopicDescription>
): Promise<Refused> {
  if (grown.length === 0) return new Map()
  const brokers = await brokerIds(admin)
  const topicPartitions = grown.map(({ topic, partitions: count, replicas: wanted }) => {
    const { partitions, replicas } = existing.get(topic) ?? { partitions: 0, replicas: wanted }
    const placed = replicasOf({ topic, partitions: count, replicas }, brokers)
    return { topic, count, ...(placed && { assignments: Array.from({ length: count - partitions }, () => placed) }) }
  })
  return refusedBy(() => admin.createPartitions({ topicPartitions, timeout: changeTimeoutMs }))
}

/** AlterConfigs sets what is given and resets all else, which is what Strimzi does with what is not in the spec. */
function configureTopics(admin: Admin, configured: readonly { topic: string; config: Config }[]): Promise<Refused> {
  if (configured.length === 0) return Promise.resolve(new Map())
  return refusedBy(() =>
    admin.alterConfigs({
      validateOnly: false,
      resources: configured.map(({ topic, config }) => ({
        type: kafkajs.ConfigResourceTypes.TOPIC,
        name: topic,
        configEntries: entries(config)
      }))
    })
  )
}

/** Those whose own configuration in Kafka is another one than is wanted, with what it is. */
async function differentConfigs(
  admin: Admin,
  wanted: readonly WantedTopic[]
): Promise<{ topic: string; before: Config; config: Config }[]> {
  if (wanted.length === 0) return []
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: wanted.map(({ topic }) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }))
  })
  const own = new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      Object.fromEntries(
        configEntries
          .filter(({ configSource }) => configSource === kafkajs.ConfigSource.TOPIC_CONFIG)
          .map(({ configName, configValue }): [string, string] => [configName, configValue])
      )
    ])
  )
  return wanted.flatMap(({ topic, config }) => {
    const before = own.get(topic) ?? {}
    return describeChange(before, config) === '' ? [] : [{ topic, before, config }]
  })
}

/** `retention.ms 60000 instead of its default, cleanup.policy its default instead of compact` */
function describeChange(before: Config, after: Config): string {
  const show = (value: string | undefined) => value ?? 'its default'
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter(name => before[name] !== after[name])
    .map(name => `${name} ${show(after[name])} instead of ${show(before[name])}`)
    .join(', ')
}

/** What Strimzi answers without Cruise Control; Knative does not look at a topic again. */
function unsupported(
  { topic, partitions, replicas, keepsConfig }: WantedTopic,
  existing: TopicDescription | undefined
): [string, TopicProblem][] {
  const problem = (message: string): [string, TopicProblem][] => [[topic, { reason: 'NotSupported', message }]]
  if (!existing || !keepsConfig) return []
  if (partitions < existing.partitions)
    return problem(`Decreasing partitions not supported (it has ${existing.partitions})`)
  if (replicas === existing.replicas) return []
  const numbers = Array.from({ length: existing.partitions }, (_, partition) => partition)
  return problem(
    `Replication factor change not supported, but required for partitions [${numbers.join(', ')}] (it is ${existing.replicas})`
  )
}

function entries(config: Config): { name: string; value: string }[] {
  return Object.entries(config).map(([name, value]) => ({ name, value }))
}
