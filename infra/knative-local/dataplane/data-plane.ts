// The data plane as a whole: what a plan asks for is what runs, and a new plan changes only what differs.
import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import type { Plan } from '../manifests/plan.ts'
import { egressesOf, type Egress } from './egress.ts'
import { EgressRunner } from './egress-runner.ts'
import { eventToRecord } from './event-to-record.ts'
import { eventBudget, letterBudget } from './header-budget.ts'
import { brokerIngress, listen, sinkIngress, type Ingress, type IngressServer } from './ingress.ts'
import { openRecordWriter, type RecordWriter } from './record-writer.ts'
import { addressKey, anyReference, anyUri, type Addresses } from './resolve.ts'
import type { DataPlaneStatus } from './status.ts'
import { continueTrace } from './trace-context.ts'
import { openTopics, type NewTopic, type Topics } from './topics.ts'

export interface DataPlaneOptions {
  readonly kafka: Kafka
  readonly ingressPort: number
  readonly sinkPort: number
  /** Addresses of Services (and of Brokers and KafkaSinks of elsewhere) by `namespace/name`. */
  readonly resolved: ReadonlyMap<string, string>
  /** Takes the place of every absolute URI outside the cluster. */
  readonly uriSink?: string
  readonly log: Logger
}

/** The part of a plan this is about. */
export type DataPlanePlan = Pick<Plan, 'kafkaSources' | 'kafkaSinks' | 'brokers' | 'triggers'>

const CREATE_TOPICS_AGAIN_MS = 1000

interface Running {
  readonly runner: EgressRunner
  /** Another one of these means another consumer. */
  readonly consumption: string
}

export class DataPlane {
  private readonly options: DataPlaneOptions
  private readonly topics: Topics
  private readonly writer: RecordWriter
  private readonly running = new Map<string, Running>()
  private brokerIngresses = new Map<string, Ingress>()
  private sinkIngresses = new Map<string, Ingress>()
  private addresses: Addresses = new Map()
  private resolved: ReadonlyMap<string, string>
  private plan: DataPlanePlan = { kafkaSources: [], kafkaSinks: [], brokers: [], triggers: [] }
  private ingressServer: IngressServer | undefined
  private sinkServer: IngressServer | undefined
  private applying: Promise<void> = Promise.resolve()
  private creating: NodeJS.Timeout | undefined
  private stopped = false

  private constructor(options: DataPlaneOptions, topics: Topics, writer: RecordWriter) {
    this.options = options
    this.topics = topics
    this.writer = writer
    this.resolved = options.resolved
  }

  static async start(options: DataPlaneOptions): Promise<DataPlane> {
    const topics = openTopics(options.kafka, options.log)
    const dataPlane = new DataPlane(options, topics, openRecordWriter(options.kafka))
    await dataPlane.listen()
    return dataPlane
  }

  get ingressUrl(): string {
    return `http://127.0.0.1:${this.ingressServer?.port}`
  }

  get sinkUrl(): string {
    return `http://127.0.0.1:${this.sinkServer?.port}`
  }

  /** Makes the plan what runs. Plans are applied one after the other. */
  apply(plan: DataPlanePlan): Promise<void> {
    const applied = this.applying.then(() => this.change(plan))
    this.applying = applied.catch(() => undefined) // told to whoever brought this plan; the next one is applied all the same
    return applied
  }

  /** New addresses take effect with the next record; what waits for one starts within a second. */
  resolve(resolved: ReadonlyMap<string, string>): void {
    this.resolved = resolved
    this.readAddresses()
  }

  status(problems: readonly string[] = []): DataPlaneStatus {
    const sources = Array.from(this.running.values(), ({ runner }) => runner.status())
    return {
      ready: sources.every(({ ready }) => ready),
      ingressUrl: this.ingressUrl,
      sinkUrl: this.sinkUrl,
      sources,
      problems
    }
  }

  /** Deliveries under way get `drainMs` to end; then the ingresses close, whose dead letters these may be. */
  async stop(drainMs: number): Promise<void> {
    this.stopped = true
    clearTimeout(this.creating)
    await this.applying
    await Promise.all(Array.from(this.running, ([key, { runner }]) => this.stopRunner(key, runner, drainMs)))
    await Promise.all([this.ingressServer?.close(), this.sinkServer?.close()])
    await this.writer.close()
    await this.topics.close()
  }

  private async listen(): Promise<void> {
    const { ingressPort, sinkPort, log } = this.options
    this.ingressServer = await listen(ingressPort, brokerIngress, () => this.brokerIngresses, this.writer, log)
    this.sinkServer = await listen(sinkPort, sinkIngress, () => this.sinkIngresses, this.writer, log)
  }

  private async change(plan: DataPlanePlan): Promise<void> {
    if (this.stopped) return
    this.plan = plan
    this.brokerIngresses = new Map(
      plan.brokers.map(({ namespace, name, topic }) => [
        `/${namespace}/${name}`,
        { topic, contentMode: 'binary', budget: eventBudget }
      ])
    )
    this.sinkIngresses = new Map(
      plan.kafkaSinks.map(({ namespace, name, topic, contentMode }) => [
        `/${namespace}/${name}`,
        { topic, contentMode, budget: letterBudget }
      ])
    )
    this.readAddresses()
    this.createTopics(plan)

    const wanted = new Map(
      egressesOf(plan).map(egress => [`${egress.kind} ${egress.namespace}/${egress.name}`, egress])
    )
    const gone = [...this.running].filter(([key, { consumption }]) => {
      const egress = wanted.get(key)
      return egress === undefined || consumptionOf(egress) !== consumption
    })
    for (const [key] of gone) this.running.delete(key)
    await Promise.all(gone.map(([key, { runner }]) => this.stopRunner(key, runner, DRAIN_OF_CHANGED_MS)))
    for (const [key, egress] of wanted) {
      const present = this.running.get(key)
      if (present === undefined) this.run(key, egress)
      else present.runner.update(egress)
    }
  }

  private run(key: string, egress: Egress): void {
    const runner = new EgressRunner(egress, {
      kafka: this.options.kafka,
      topics: this.topics,
      addresses: () => this.addresses,
      reply: (topic, event, trace) => this.writer.write(topic, eventToRecord(event, 'binary', continueTrace(trace))),
      log: this.options.log
    })
    this.running.set(key, { runner, consumption: consumptionOf(egress) })
    runner.start()
  }

  /** A source that fails to stop keeps no other from stopping. */
  private async stopRunner(key: string, runner: EgressRunner, drainMs: number): Promise<void> {
    await runner.stop(drainMs).catch((error: unknown) => {
      this.options.log.error({ error: (error as Error).message }, `${key} did not stop cleanly`)
    })
  }

  private readAddresses(): void {
    const addresses = new Map<string, string>()
    for (const { namespace, name } of this.plan.brokers) {
      addresses.set(addressKey('Broker', namespace, name), `${this.ingressUrl}/${namespace}/${name}`)
    }
    for (const { namespace, name } of this.plan.kafkaSinks) {
      addresses.set(addressKey('KafkaSink', namespace, name), `${this.sinkUrl}/${namespace}/${name}`)
    }
    // What is given by name wins over what runs here.
    for (const [name, url] of this.resolved) {
      addresses.set(name === anyReference ? name : `* ${name}`, url)
      for (const kind of ['Broker', 'KafkaSink'])
        if (addresses.has(`${kind} ${name}`)) addresses.set(`${kind} ${name}`, url)
    }
    if (this.options.uriSink !== undefined) addresses.set(anyUri, this.options.uriSink)
    this.addresses = addresses
  }

  /** Tries until it works, unless another plan has come. */
  private createTopics(plan: DataPlanePlan): void {
    clearTimeout(this.creating)
    const create = async (): Promise<void> => {
      for (const topic of topicsOf(plan)) await this.topics.createIfMissing(topic)
    }
    create().catch((error: unknown) => {
      if (this.stopped || plan !== this.plan) return
      this.options.log.warn({ error: (error as Error).message }, 'topics could not be created, trying again')
      this.creating = setTimeout(() => this.createTopics(plan), CREATE_TOPICS_AGAIN_MS)
    })
  }
}

/** A changed source has this long to finish what is under way before its successor starts. */
const DRAIN_OF_CHANGED_MS = 5000

function consumptionOf({ group, topics, ordering, initialOffset, readUncommitted, waitsFor }: Egress): string {
  return JSON.stringify([group, topics, ordering, initialOffset, readUncommitted, waitsFor])
}

/** A Broker's topic is the Broker's own; a KafkaSink creates its topic only when it says both numbers. */
function topicsOf({ brokers, kafkaSinks }: DataPlanePlan): NewTopic[] {
  const ofBrokers = brokers
    .filter(({ externalTopic }) => !externalTopic)
    .map(({ topic, partitions, replicationFactor, topicConfig }) => ({
      topic,
      partitions,
      replicationFactor,
      config: topicConfig
    }))
  const ofSinks = kafkaSinks.flatMap(({ topic, numPartitions, replicationFactor }) =>
    numPartitions === undefined || replicationFactor === undefined
      ? []
      : [{ topic, partitions: numPartitions, replicationFactor, config: {} }]
  )
  return [...ofBrokers, ...ofSinks]
}
