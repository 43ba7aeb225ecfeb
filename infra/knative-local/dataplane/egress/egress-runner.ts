// Runs one egress: waits until its topics and sinks are there, lets it be read then, follows what changes, and says what its status is.
import type { Logger } from 'pino'
import type { DirectAddresses } from '../delivery/direct-addresses.ts'
import type { Sinks } from '../delivery/dispatch.ts'
import type { Egress } from './egress.ts'
import { EgressCondition } from './egress-condition.ts'
import { EgressReader } from './egress-reader.ts'
import { resolveSinks } from './egress-sinks.ts'
import { FollowedTopics } from './followed-topics.ts'
import { type Clusters, type KafkaCluster, NoCredentials } from '../kafka/clusters.ts'
import type { Observer } from '../observer.ts'
import { Outcomes } from './outcomes.ts'
import type { Addresses } from '../plan/resolve.ts'
import type { EgressStatus } from '../status/status.ts'

/** Topics, sinks and ends of logs are looked at again this often. */
const LOOK_AGAIN_MS = 1000

export interface EgressPorts {
  readonly clusters: Clusters
  readonly addresses: () => Addresses
  readonly directly: DirectAddresses
  readonly log: Logger
  readonly observer?: Observer | undefined
}

export class EgressRunner {
  private egress: Egress
  private readonly ports: EgressPorts
  private readonly log: Logger
  private readonly outcomes: Outcomes
  private readonly condition: EgressCondition
  private readonly topics = new FollowedTopics()
  private readonly reader: EgressReader
  private sinks: Sinks | undefined
  private cluster: KafkaCluster | undefined
  private looking: Promise<void> | undefined
  private timer: NodeJS.Timeout | undefined
  private stopped = false

  constructor(egress: Egress, ports: EgressPorts) {
    this.egress = egress
    this.ports = ports
    this.log = ports.log.child({ kind: egress.kind, name: `${egress.namespace}/${egress.name}` })
    this.outcomes = new Outcomes(this.log)
    this.condition = new EgressCondition(this.log)
    this.reader = new EgressReader({
      condition: this.condition,
      outcomes: this.outcomes,
      log: this.log,
      observer: ports.observer,
      directly: ports.directly,
      current: () => ({ egress: this.egress, sinks: this.sinks }),
      write: (topic, record) => this.clusterInUse().writer.write(topic, record),
      explain: error => this.explainLoss(error)
    })
  }

  start(): void {
    this.lookAgain()
    this.timer = setInterval(() => this.lookAgain(), LOOK_AGAIN_MS)
  }

  /** Takes settings that concern neither the group nor the order; the next record goes by them. */
  update(egress: Egress): void {
    this.egress = egress
    this.findSinks()
  }

  /** Stops fetching, lets requests end within `drainMs`, commits and leaves the group. */
  async stop(drainMs: number): Promise<void> {
    this.stopped = true
    clearInterval(this.timer)
    await this.reader.stop(drainMs)
    this.condition.set('stopped')
  }

  status(): EgressStatus {
    const { outcomes, condition } = this
    const { partitions, unreadable } = this.reader
    const { kind, namespace, name, group } = this.egress
    const missing = this.topics.missingBecause
    const refused = unreadable.message()
    const trouble = missing ?? refused ?? partitions.unfetched()
    return {
      kind,
      namespace,
      name,
      group,
      ready: condition.state === 'consuming' && trouble === undefined,
      state: condition.state,
      reason: condition.reason ?? (missing && 'InitializeOffset') ?? (refused && 'PartitionUnreadable'),
      message: condition.message ?? trouble,
      sinkUri: this.sinks?.subscriber,
      deadLetterSinkUri: this.sinks?.deadLetter,
      assignments: partitions.status(),
      inFlight: partitions.requestsInFlight,
      delivered: outcomes.delivered,
      filtered: outcomes.filtered,
      retries: outcomes.retries,
      deadLettered: outcomes.deadLettered,
      dropped: outcomes.dropped,
      discarded: outcomes.discarded,
      rate: outcomes.rate,
      retrying: outcomes.retrying(),
      lastError: outcomes.lastError
    }
  }

  private lookAgain(): void {
    this.outcomes.measureRate()
    this.looking ??= this.look()
      .catch((error: unknown) => {
        if (this.reader.subscribed === undefined) this.waitBecause(error)
        else this.log.debug({ error: (error as Error).message }, 'could not look at Kafka')
      })
      .finally(() => {
        this.looking = undefined
      })
  }

  private async look(): Promise<void> {
    const problem = this.findSinks()
    if (this.reader.subscribed === undefined) {
      const { waitsFor } = this.egress
      if (waitsFor !== undefined) return this.condition.set('waiting', 'Failed to get broker', waitsFor)
      if (problem !== undefined) return this.condition.set('waiting', 'ReconcileContract', problem)
    }
    await this.followCluster()
    if (this.stopped) return
    await this.followTopics()
    await this.reader.readHighWatermarks()
  }

  /** Other credentials mean another client. Those that cannot be read leave what runs as it is, as Knative keeps its last contract. */
  private async followCluster(): Promise<void> {
    const before = this.cluster
    const cluster = await this.ports.clusters.of(this.egress.place)
    if (cluster === before || this.stopped) return
    this.cluster = cluster
    if (this.reader.subscribed !== undefined)
      await this.leaveGroup('the credentials for Kafka changed', 'CredentialsChanged')
  }

  /**
   * Reads the topics that exist. kafkajs' consumer stops with all its topics when one is deleted, so it is replaced by one that knows
   * the rest, and again when the topic comes back.
   */
  private async followTopics(): Promise<void> {
    const { kafka, topics } = this.clusterInUse()
    const { present, isSettled } = await this.topics.look(topics, this.egress.topics)
    if (this.stopped) return
    const { subscribed } = this.reader
    if (subscribed !== undefined) {
      if (!isSettled || String(present) === String(subscribed)) return
      await this.leaveGroup(this.topics.missingBecause ?? 'a topic came back', 'TopicsChanged')
      if (this.stopped) return
    }
    if (present.length === 0) this.condition.set('waiting', 'InitializeOffset', this.topics.missingBecause)
    else this.reader.join(kafka, present).catch((error: unknown) => this.waitBecause(error))
  }

  private async leaveGroup(why: string, reason: string): Promise<void> {
    this.log.warn(why)
    this.condition.set('joining', reason, this.topics.missingBecause)
    await this.reader.leave()
  }

  /** Sinks that were found once stay until others are found, as Knative's data plane keeps its last contract. */
  private findSinks(): string | undefined {
    const sinks = resolveSinks(this.egress, this.ports.addresses())
    if ('problem' in sinks) return sinks.problem
    this.sinks = sinks
    return undefined
  }

  private waitBecause(error: unknown): void {
    if (this.stopped) return
    if (error instanceof NoCredentials) this.condition.set('waiting', 'ReconcileContract', error.message)
    else {
      const message = `cannot obtain Kafka cluster admin: ${this.explain(error)}`
      this.condition.set('waiting', 'KafkaClusterAdmin', message)
    }
  }

  private explain(error: unknown): string {
    return this.cluster?.explain(error) ?? (error as Error).message
  }

  private explainLoss(error: Error): string {
    const isRefused = (error as { type?: string }).type === 'GROUP_AUTHORIZATION_FAILED'
    return isRefused ? `not authorized to access group ${this.egress.group}` : this.explain(error)
  }

  private clusterInUse(): KafkaCluster {
    if (this.cluster === undefined) throw new Error('no Kafka yet')
    return this.cluster
  }
}
