// Runs one egress: waits until its topics and sinks are there, joins its group, delivers, commits, and says what its status is.
import type { Logger } from 'pino'
import { AssignedPartition } from './assigned-partition.ts'
import { partitionKey, type TopicPartition } from './assignment.ts'
import { DeliveryAbandoned, type Send } from './deliver.ts'
import { dispatch, type Outcome, type Sinks } from './dispatch.ts'
import type { Egress } from './egress.ts'
import { eventToRecord } from './event-to-record.ts'
import { GroupConsumer, type GroupOwner, type Position } from './group-consumer.ts'
import { createHttpSender, type HttpSender } from './http-sender.ts'
import { type Clusters, type KafkaCluster, NoCredentials } from './kafka/clusters.ts'
import { Outcomes } from './outcomes.ts'
import { RecordFlow } from './record-flow.ts'
import type { KafkaRecord } from './record.ts'
import type { Observer } from './observer.ts'
import { resolveDestination, type Addresses } from './resolve.ts'
import type { EgressStatus } from './status.ts'
import { continueTrace, type TraceHeaders } from './trace-context.ts'

/** Knative commits every 5 s; a shorter span is delivered again after a kill, at the price of one small request. */
const COMMIT_INTERVAL_MS = 500
/** Topics, sinks and ends of logs are looked at again this often. */
const LOOK_AGAIN_MS = 1000
/** At a rebalance, requests under way get this long to end; half of the session timeout. */
const REBALANCE_DRAIN_MS = 5000
/** What cannot be read is tried every second (held-partitions.ts): not heard of for this long, it can be read, and holds nothing new. */
const UNREADABLE_FOR_MS = 5000

export interface EgressPorts {
  readonly clusters: Clusters
  readonly addresses: () => Addresses
  readonly log: Logger
  readonly observer?: Observer | undefined
}

type State = EgressStatus['state']

export class EgressRunner {
  private egress: Egress
  private readonly ports: EgressPorts
  private readonly log: Logger
  private readonly outcomes: Outcomes
  private readonly sender: HttpSender
  private readonly flow: RecordFlow
  private readonly partitions = new Map<string, AssignedPartition>()
  /** Partitions that were lost while a request was under way: the same one is not read again here before that has ended. */
  private readonly leaving = new Map<string, AssignedPartition>()
  /** By `topic/partition`, what is wrong with it while the others are read. */
  private readonly unreadable = new Map<string, { readonly message: string; readonly atMs: number }>()
  private sinks: Sinks | undefined
  private subscribed: readonly string[] = []
  private missing: readonly string[] = []
  /** Why topics are missing. */
  private missingBecause: string | undefined
  private cluster: KafkaCluster | undefined
  private hasJoined = false
  private consumer: GroupConsumer | undefined
  private state: State = 'waiting'
  private reason: string | undefined
  private message: string | undefined = 'connecting to Kafka'
  private committing: Promise<void> = Promise.resolve()
  private looking: Promise<void> | undefined
  private stopped = false
  private readonly timers: NodeJS.Timeout[] = []

  constructor(egress: Egress, ports: EgressPorts) {
    this.egress = egress
    this.ports = ports
    this.log = ports.log.child({ kind: egress.kind, name: `${egress.namespace}/${egress.name}` })
    this.outcomes = new Outcomes(this.log)
    this.sender = createHttpSender()
    this.flow = new RecordFlow(egress.ordering, (record, partition) => this.handle(record, partition))
  }

  start(): void {
    this.lookAgain()
    this.timers.push(
      setInterval(() => this.lookAgain(), LOOK_AGAIN_MS),
      setInterval(() => void this.commit(), COMMIT_INTERVAL_MS)
    )
  }

  /** Takes settings that concern neither the group nor the order; the next record goes by them. */
  update(egress: Egress): void {
    this.egress = egress
    this.resolveSinks()
  }

  /** Stops fetching, lets requests end within `drainMs`, commits and leaves the group. */
  async stop(drainMs: number): Promise<void> {
    this.stopped = true
    for (const timer of this.timers) clearInterval(timer)
    this.flow.hold()
    await this.requestsDone(drainMs)
    await this.commit()
    for (const partition of this.partitions.values()) this.flow.remove(partition)
    this.partitions.clear()
    await this.consumer?.stop()
    await this.sender.destroy()
    this.setState('stopped')
  }

  status(): EgressStatus {
    const { outcomes } = this
    const { kind, namespace, name, group } = this.egress
    const partitions = [...this.partitions.values()]
    const missing = this.missingBecause
    const [unreadable] = this.unreadable.values()
    const trouble = missing ?? unreadable?.message
    return {
      kind,
      namespace,
      name,
      group,
      ready: this.state === 'consuming' && trouble === undefined,
      state: this.state,
      reason: this.reason ?? (trouble === undefined ? undefined : missing ? 'InitializeOffset' : 'PartitionUnreadable'),
      message: this.message ?? trouble,
      sinkUri: this.sinks?.subscriber,
      deadLetterSinkUri: this.sinks?.deadLetter,
      assignments: partitions.map(({ topic, partition, tracker, committed, highWatermark }) => ({
        topic,
        partition,
        position: tracker.next,
        committed,
        lag: Math.max(0, highWatermark - committed)
      })),
      inFlight: partitions.reduce((sum, { requestsInFlight }) => sum + requestsInFlight, 0),
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
    for (const [key, { atMs }] of this.unreadable)
      if (performance.now() - atMs > UNREADABLE_FOR_MS) this.unreadable.delete(key)
    this.looking ??= this.look()
      .catch((error: unknown) => {
        if (this.stopped) return
        if (this.consumer === undefined) this.setState('waiting', ...this.whyNot(error))
        else this.log.debug({ error: (error as Error).message }, 'could not look at Kafka')
      })
      .finally(() => {
        this.looking = undefined
      })
  }

  private async look(): Promise<void> {
    const problem = this.resolveSinks()
    if (this.consumer === undefined && this.egress.waitsFor !== undefined) {
      this.setState('waiting', 'Failed to get broker', this.egress.waitsFor)
      return
    }
    if (this.consumer === undefined && problem !== undefined) {
      this.setState('waiting', 'ReconcileContract', problem)
      return
    }
    await this.followCluster()
    if (this.stopped) return
    await this.followTopics()
    await this.readHighWatermarks()
  }

  /** Other credentials mean another client. Those that cannot be read leave what runs as it is, as Knative keeps its last contract. */
  private async followCluster(): Promise<void> {
    const before = this.cluster
    const cluster = await this.ports.clusters.of(this.egress.place)
    if (cluster === before || this.stopped) return
    this.cluster = cluster
    if (this.consumer !== undefined) await this.leaveGroup('the credentials for Kafka changed', 'CredentialsChanged')
  }

  private whyNot(error: unknown): [reason: string, message: string] {
    if (error instanceof NoCredentials) return ['ReconcileContract', error.message]
    return ['KafkaClusterAdmin', `cannot obtain Kafka cluster admin: ${this.explain(error)}`]
  }

  private explain(error: unknown): string {
    return this.cluster?.explain(error) ?? (error as Error).message
  }

  private ofGroup(error: Error): string {
    const isRefused = (error as { type?: string }).type === 'GROUP_AUTHORIZATION_FAILED'
    return isRefused ? `not authorized to access group ${this.egress.group}` : this.explain(error)
  }

  private clusterInUse(): KafkaCluster {
    if (this.cluster === undefined) throw new Error('no Kafka yet')
    return this.cluster
  }

  /**
   * Reads the topics that exist. kafkajs' consumer stops with all its topics when one is deleted, so it is replaced by one that knows
   * the rest, and again when the topic comes back.
   */
  private async followTopics(): Promise<void> {
    const { topics } = this.clusterInUse()
    const missing = await topics.missing(this.egress.topics)
    this.missingBecause = missing.length === 0 ? undefined : await topics.explain(missing)
    if (this.stopped) return
    // A broker that has just started may not know all topics yet: what was read is given up when it is missing twice in a row.
    const settled = String(missing) === String(this.missing)
    this.missing = missing
    const present = this.egress.topics.filter(topic => !missing.includes(topic))
    if (this.consumer !== undefined) {
      if (!settled || String(present) === String(this.subscribed)) return
      await this.leaveGroup(this.missingBecause ?? 'a topic came back', 'TopicsChanged')
      if (this.stopped) return
    }
    if (present.length === 0) this.setState('waiting', 'InitializeOffset', this.missingBecause)
    else this.join(present)
  }

  /** Requests under way have a moment to end, and what they finish is committed. */
  private async leaveGroup(why: string, reason: string): Promise<void> {
    const { consumer } = this
    this.log.warn({ missing: this.missing }, why)
    this.setState('joining', reason, this.missingBecause)
    this.flow.hold()
    await this.requestsDone(REBALANCE_DRAIN_MS)
    await this.commit()
    for (const partition of this.partitions.values()) this.lose(partition)
    this.consumer = undefined
    await consumer?.stop()
  }

  /** Sinks that were found once stay until others are found, as Knative's data plane keeps its last contract. */
  private resolveSinks(): string | undefined {
    const addresses = this.ports.addresses()
    const subscriber = resolveDestination(this.egress.subscriber, addresses)
    if ('problem' in subscriber) return `sink: ${subscriber.problem}`
    const { deadLetterSink } = this.egress.delivery
    const deadLetter = deadLetterSink === undefined ? undefined : resolveDestination(deadLetterSink, addresses)
    if (deadLetter !== undefined && 'problem' in deadLetter) return `deadLetterSink: ${deadLetter.problem}`
    this.sinks = { subscriber: subscriber.url, deadLetter: deadLetter?.url }
    return undefined
  }

  private join(topics: readonly string[]): void {
    this.setState('joining')
    this.subscribed = topics
    const { group, readUncommitted } = this.egress
    // A topic that comes later begins at its beginning: nothing of it was there when the source was.
    const initialOffset = this.hasJoined ? 'earliest' : this.egress.initialOffset
    this.consumer = new GroupConsumer(
      this.clusterInUse().kafka,
      { group, topics, readUncommitted, initialOffset },
      this.owner(),
      this.log
    )
    this.consumer.start().catch((error: unknown) => {
      if (this.stopped) return
      this.consumer = undefined
      this.setState('waiting', ...this.whyNot(error))
    })
  }

  private owner(): GroupOwner {
    return {
      positions: () => this.positions(),
      beforeJoin: async () => {
        if (this.partitions.size === 0) return
        this.setState('joining', 'Rebalancing')
        this.flow.hold()
        await this.requestsDone(REBALANCE_DRAIN_MS)
        await this.commit()
      },
      kept: partitions => this.keep(partitions),
      added: positions => this.add(positions),
      lost: error => {
        for (const partition of this.partitions.values()) this.lose(partition)
        this.setState('joining', 'ConsumerFailed', this.ofGroup(error))
      },
      records: (partition, records, next, highWatermark) => this.receive(partition, records, next, highWatermark),
      unreadable: (partition, { from, to, reason }, passedOver) => {
        const place = `${partitionKey(partition)}@${from === to ? from : `${from}..${to}`}`
        if (passedOver) this.outcomes.countUnreadable(to - from + 1, place, reason)
        else this.setUnreadable(partitionKey(partition), `${place} cannot be read, trying again: ${reason}`)
      }
    }
  }

  private keep(kept: readonly TopicPartition[]): void {
    const keys = new Set(kept.map(partitionKey))
    for (const partition of this.partitions.values()) {
      if (!keys.has(partitionKey(partition))) this.lose(partition)
    }
  }

  private add(positions: readonly Position[]): void {
    for (const position of positions) {
      const before = this.partitions.get(partitionKey(position))
      if (before !== undefined) this.lose(before)
      const partition = new AssignedPartition(position, position.position, {
        pause: paused => this.consumer?.pause(paused),
        resume: resumed => this.consumer?.resume(resumed)
      })
      this.partitions.set(partitionKey(position), partition)
      this.flow.add(partition)
    }
    this.flow.release()
    this.hasJoined = true
    this.setState('consuming')
    void this.readHighWatermarks().catch(() => {})
    this.log.info(
      { group: this.egress.group, added: positions.map(partitionKey) },
      `reads ${this.partitions.size} partitions, ${positions.length} of them new`
    )
  }

  private lose(partition: AssignedPartition): void {
    const key = partitionKey(partition)
    this.partitions.delete(key)
    this.unreadable.delete(key)
    this.flow.remove(partition)
    if (partition.requestsInFlight === 0) return
    void this.leave(key, partition)
  }

  private async leave(key: string, partition: AssignedPartition): Promise<void> {
    this.leaving.set(key, partition)
    await partition.requestsDone()
    if (this.leaving.get(key) === partition) this.leaving.delete(key)
  }

  private receive(at: TopicPartition, records: readonly KafkaRecord[], next: number, highWatermark: number): void {
    const partition = this.partitions.get(partitionKey(at))
    if (partition === undefined || this.stopped) return
    this.unreadable.delete(partitionKey(at))
    for (const record of records) partition.push(record)
    partition.tracker.skipTo(next)
    partition.highWatermark = Math.max(partition.highWatermark, highWatermark)
    this.flow.start(partition)
  }

  private async handle(record: KafkaRecord, partition: AssignedPartition): Promise<void> {
    const before = this.leaving.get(partitionKey(partition))
    if (before !== undefined) await before.requestsDone()
    const outcome = await this.dispatch(record, partition)
    if (!partition.isClosed) this.outcomes.count(outcome, record)
  }

  /** An exception is the end of its record, which is counted as lost with its place; never that of the records after it. */
  private async dispatch(record: KafkaRecord, partition: AssignedPartition): Promise<Outcome> {
    const { egress, sinks } = this
    const { observer } = this.ports
    const send: Send = (url, request, timeoutMs) => partition.request(() => this.sender.send(url, request, timeoutMs))
    const progress = this.outcomes.begin(record, sinks?.deadLetter)
    try {
      if (sinks === undefined) throw new Error('a record arrived before the sinks were known')
      return await dispatch(record, egress, sinks, {
        send: observer?.attempts(record, egress.group, send) ?? send,
        wait: ms => this.flow.wait(ms, partition),
        failed: progress.failed,
        reply: (topic, event, trace) => {
          const write = (headers: TraceHeaders) =>
            this.clusterInUse().writer.write(topic, eventToRecord(event, 'binary', headers))
          return observer ? observer.write(topic, trace, write) : write(continueTrace(trace))
        }
      })
    } catch (error) {
      if (error instanceof DeliveryAbandoned) throw error
      return { end: 'dropped', error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
    } finally {
      progress.end()
    }
  }

  private *positions(): Iterable<Position> {
    for (const { topic, partition, tracker } of this.partitions.values())
      yield { topic, partition, position: tracker.next }
  }

  /** One commit at a time; what is committed is read when its turn comes. */
  private commit(): Promise<void> {
    this.committing = this.committing
      .then(() => this.commitFinished())
      .catch((error: unknown) => this.log.error({ error: (error as Error).message }, 'offsets not committed'))
    return this.committing
  }

  private async commitFinished(): Promise<void> {
    const behind = [...this.partitions.values()].filter(({ tracker, committed }) => tracker.committable > committed)
    const offsets = behind.map(({ topic, partition, tracker }) => ({ topic, partition, position: tracker.committable }))
    if (behind.length === 0 || !(await this.consumer?.commit(offsets))) return
    for (const [i, partition] of behind.entries()) partition.committed = offsets[i]?.position ?? partition.committed
  }

  private async requestsDone(withinMs: number): Promise<void> {
    const partitions = [...this.partitions.values()]
    const timeout = Promise.withResolvers<void>()
    const timer = setTimeout(timeout.resolve, withinMs)
    await Promise.race([Promise.all(partitions.map(partition => partition.requestsDone())), timeout.promise])
    clearTimeout(timer)
    // Lets what follows a finished request, such as marking its offset, come first.
    await new Promise(resolve => setImmediate(resolve))
  }

  private async readHighWatermarks(): Promise<void> {
    if (this.partitions.size === 0) return
    const ends = await this.consumer?.highWatermarks([...this.partitions.values()])
    for (const [key, high] of ends ?? []) {
      const partition = this.partitions.get(key)
      if (partition !== undefined) partition.highWatermark = Math.max(partition.highWatermark, high)
    }
  }

  private setUnreadable(key: string, message: string): void {
    if (this.unreadable.get(key)?.message !== message) this.log.error({ reason: 'PartitionUnreadable' }, message)
    this.unreadable.set(key, { message, atMs: performance.now() })
  }

  private setState(state: State, reason?: string, message?: string): void {
    if (state !== this.state || reason !== this.reason) {
      const level = reason === undefined || reason === 'Rebalancing' ? 'debug' : 'warn'
      this.log[level]({ state, reason, message }, message ?? state)
    }
    this.state = state
    this.reason = reason
    this.message = message
  }
}
