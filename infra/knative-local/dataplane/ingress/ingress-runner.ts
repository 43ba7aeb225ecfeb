// Runs one Broker's or KafkaSink's way in: makes its topic where that is its own, writes to it, and knows whether that works.
import type { Logger } from 'pino'
import type { ContentMode, NewRecord } from '../events/event-to-record.ts'
import { eventBudget, letterBudget, type HeaderBudget } from '../events/header-budget.ts'
import { type Clusters, type KafkaCluster, type KafkaPlace, NoCredentials } from '../kafka/clusters.ts'
import { type NewTopic, topicOfBroker, topicOfSink } from '../kafka/knative-topics.ts'
import type { DataPlanePlan } from '../data-plane.ts'
import type { IngressStatus } from '../status/status.ts'
import { isRefused } from '../kafka/topics.ts'

/** What a Broker and a KafkaSink have in common: events come in, and records go to one topic. */
export interface IngressSettings {
  readonly kind: IngressStatus['kind']
  readonly namespace: string
  readonly name: string
  readonly place: KafkaPlace
  readonly topic: string
  readonly contentMode: ContentMode
  readonly budget: HeaderBudget
  /** What it creates when it is missing. */
  readonly creates?: NewTopic
}

/** Kafka is looked at again this often. */
const LOOK_AGAIN_MS = 1000

type Condition = Pick<IngressStatus, 'reason' | 'message'>

export class IngressRunner {
  private current: IngressSettings
  private readonly clusters: Clusters
  private readonly log: Logger
  private cluster: KafkaCluster | undefined
  private connecting: Promise<KafkaCluster> | undefined
  /** Undefined when all is right. */
  private condition: Condition | undefined = { reason: 'KafkaClusterAdmin', message: 'connecting to Kafka' }
  /** Kafka refused the last record; only one that it takes says otherwise. */
  private refused: string | undefined
  private looking: Promise<void> | undefined
  private timer: NodeJS.Timeout | undefined
  private stopped = false

  constructor(settings: IngressSettings, clusters: Clusters, log: Logger) {
    this.current = settings
    this.clusters = clusters
    this.log = log.child({ kind: settings.kind, name: `${settings.namespace}/${settings.name}` })
  }

  get settings(): IngressSettings {
    return this.current
  }

  start(): void {
    this.lookAgain()
    this.timer = setInterval(() => this.lookAgain(), LOOK_AGAIN_MS)
  }

  update(settings: IngressSettings): void {
    this.current = settings
    this.cluster = undefined
  }

  async stop(): Promise<void> {
    this.stopped = true
    clearInterval(this.timer)
    await this.looking
  }

  /** Resolves once all in-sync replicas have the record. */
  async write(record: NewRecord): Promise<void> {
    const { place, topic } = this.current
    const cluster = this.cluster ?? (await this.connect(place))
    try {
      await cluster.writer.write(topic, record)
      this.refused = undefined
    } catch (error) {
      if (isRefused(error)) this.refused = `not authorized to write to topic ${topic}`
      throw new Error(this.refused ?? cluster.explain(error), { cause: error })
    }
  }

  /** Those who write before it is known share one, and so keep their order. */
  private connect(place: KafkaPlace): Promise<KafkaCluster> {
    this.connecting ??= this.clusters
      .of(place)
      .then(cluster => (this.cluster = cluster))
      .finally(() => {
        this.connecting = undefined
      })
    return this.connecting
  }

  status(): IngressStatus {
    const { kind, namespace, name, topic } = this.current
    const condition = this.condition ?? (this.refused === undefined ? undefined : topicNotPresent(this.refused))
    return { kind, namespace, name, topic, ready: condition === undefined, ...condition }
  }

  private lookAgain(): void {
    this.looking ??= this.look()
      .then(condition => this.setCondition(condition))
      .catch((error: unknown) => this.log.error({ error: (error as Error).message }, 'could not look at Kafka'))
      .finally(() => {
        this.looking = undefined
      })
  }

  private async look(): Promise<Condition | undefined> {
    const { place, topic, creates } = this.current
    let cluster: KafkaCluster
    try {
      cluster = await this.connect(place)
    } catch (error) {
      if (error instanceof NoCredentials) return { reason: 'ConfigParsed', message: error.message }
      throw error
    }
    try {
      if (creates !== undefined) await cluster.topics.createIfMissing(creates)
    } catch (error) {
      return { reason: 'TopicReady', message: `Failed to create topic: ${topic}: ${cluster.explain(error)}` }
    }
    try {
      const missing = await cluster.topics.missing([topic])
      return missing.length === 0 ? undefined : topicNotPresent(await cluster.topics.explain(missing))
    } catch (error) {
      return { reason: 'KafkaClusterAdmin', message: `cannot obtain Kafka cluster admin: ${cluster.explain(error)}` }
    }
  }

  private setCondition(condition: Condition | undefined): void {
    if (this.stopped) return
    if (condition !== undefined && condition.message !== this.condition?.message)
      this.log.warn(condition, condition.message)
    this.condition = condition
  }
}

function topicNotPresent(message: string): Condition {
  return { reason: 'TopicNotPresent', message }
}

/** `makesTopics`: whether it creates what nobody else does. */
export function ingressesOf({ brokers, kafkaSinks }: DataPlanePlan, makesTopics: boolean): IngressSettings[] {
  const ofBrokers = brokers.map((broker): IngressSettings => {
    const { namespace, name, topic } = broker
    const creates = makesTopics ? topicOfBroker(broker) : undefined
    return {
      kind: 'Broker',
      namespace,
      name,
      place: broker,
      topic,
      contentMode: 'binary',
      budget: eventBudget,
      ...(creates && { creates })
    }
  })
  const ofSinks = kafkaSinks.map((sink): IngressSettings => {
    const { namespace, name, topic, contentMode } = sink
    const creates = makesTopics ? topicOfSink(sink) : undefined
    return {
      kind: 'KafkaSink',
      namespace,
      name,
      place: sink,
      topic,
      contentMode,
      budget: letterBudget,
      ...(creates && { creates })
    }
  })
  return [...ofBrokers, ...ofSinks]
}
