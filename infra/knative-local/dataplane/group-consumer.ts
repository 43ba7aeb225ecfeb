// A member of a consumer group on kafkajs. It hands records over as they come and returns at once, so that kafkajs' loop keeps
// fetching and heartbeating while handlers take their time; it tells its owner what it may read, and waits for the owner before
// it joins again.
//
// After every join each partition is given its position by `seek`: where the owner stands when it kept the partition, the
// committed offset when it is new. So nothing depends on what kafkajs' loop had fetched before the rebalance.
import type {
  Batch,
  Broker,
  Cluster,
  Consumer,
  ConsumerGroupJoinEvent,
  EachBatchPayload,
  Kafka,
  Offsets
} from 'kafkajs'
import type { Logger } from 'pino'
import { partitionKey, type TopicPartition } from './assignment.ts'
import {
  commitWithoutMember,
  committedOffsets,
  highOffsets,
  lowOffsets,
  type OffsetsByPartition
} from './group-offsets.ts'
import { coordinatorAnswers, type CoordinatorAnswers } from './kafka/coordinator-refusal.ts'
import { UnreadableBatch, type Unreadable } from './kafka/decoded-message.ts'
import { HeldPartitions } from './kafka/held-partitions.ts'
import { kafkajs } from './kafka/kafkajs.ts'
import { partitionAssigner } from './partition-assigner.ts'
import { toRecord } from './kafkajs-record.ts'
import type { KafkaRecord } from './record.ts'

export interface GroupSettings {
  readonly group: string
  readonly topics: readonly string[]
  readonly readUncommitted: boolean
  readonly initialOffset: 'earliest' | 'latest'
}

export interface Position extends TopicPartition {
  readonly position: number
}

/** What the consumer tells its owner. */
export interface GroupOwner {
  /** What is read now, with the next offset of each. */
  positions(): Iterable<Position>
  /** The group is about to be joined (again): bring what is under way to an end, commit; bounded in time. */
  beforeJoin(): Promise<void>
  /** The group was joined: of what was read before, only this still is. Nothing else may be committed any more. */
  kept(partitions: readonly TopicPartition[]): void
  /** This is read as well, from these positions (none, when nothing is new): reading goes on. */
  added(positions: readonly Position[]): void
  /** Nothing is read any more, until `added`. */
  lost(error: Error): void
  records(partition: TopicPartition, records: readonly KafkaRecord[], next: number, highWatermark: number): void
  /** The next offsets of this partition cannot be read: they are tried again, or were tried often enough and are passed over. */
  unreadable(partition: TopicPartition, what: Unreadable, passedOver: boolean): void
}

// As Knative's consumer: session.timeout.ms and heartbeat.interval.ms. Below a third of the session a heartbeat may be late twice.
const SESSION_TIMEOUT_MS = 10_000
const HEARTBEAT_INTERVAL_MS = 3000
/** How long the group waits for its slowest member to join again. */
const REBALANCE_TIMEOUT_MS = 30_000
/** Longest wait of a fetch without records; also how late a resumed partition is fetched, and how fast a stop takes effect. */
const MAX_WAIT_MS = 250
const MAX_FETCH_BYTES_PER_PARTITION = 256 * 1024
/** Added partitions are noticed after at most this. */
const METADATA_MAX_AGE_MS = 2000
const RESTART_DELAY_MS = 1000

/** A batch knows where its fetch began, which kafkajs' types leave out. */
type FetchedBatch = Batch & { readonly fetchedOffset: string }

export class GroupConsumer {
  private readonly kafka: Kafka
  private readonly settings: GroupSettings
  private readonly owner: GroupOwner
  private readonly log: Logger
  private consumer: Consumer | undefined
  private answers: CoordinatorAnswers = {}
  private coordinator: Broker | undefined
  private cluster: Cluster | undefined
  private memberId: string | undefined
  private joinAttempts = 0
  private joins = 0
  private offsetsInitialised: boolean
  private commitOffsets: EachBatchPayload['commitOffsetsIfNecessary'] | undefined
  private starting: Promise<void> | undefined
  private stopping = false
  private restart: NodeJS.Timeout | undefined
  private readonly held = new HeldPartitions({
    pause: ({ topic, partition }) => this.isMember && this.consumer?.pause([{ topic, partitions: [partition] }]),
    resume: ({ topic, partition }) => this.isMember && this.consumer?.resume([{ topic, partitions: [partition] }]),
    seek: ({ topic, partition }, position) => this.seek({ topic, partition, position })
  })

  constructor(kafka: Kafka, settings: GroupSettings, owner: GroupOwner, log: Logger) {
    this.kafka = kafka
    this.settings = settings
    this.owner = owner
    this.log = log
    this.offsetsInitialised = settings.initialOffset === 'earliest'
  }

  start(): Promise<void> {
    this.answers = {}
    this.starting = coordinatorAnswers.run(this.answers, () => this.startConsumer())
    return this.starting
  }

  private async startConsumer(): Promise<void> {
    const consumer = this.kafka.consumer({
      groupId: this.settings.group,
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_INTERVAL_MS,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      maxWaitTimeInMs: MAX_WAIT_MS,
      maxBytesPerPartition: MAX_FETCH_BYTES_PER_PARTITION,
      metadataMaxAge: METADATA_MAX_AGE_MS,
      allowAutoTopicCreation: false,
      readUncommitted: this.settings.readUncommitted,
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 5, restartOnFailure: async () => !this.stopping },
      partitionAssigners: [
        partitionAssigner({
          owned: () => this.owner.positions(),
          beforeJoin: (coordinator, cluster) => this.beforeJoin(coordinator, cluster)
        })
      ]
    })
    this.consumer = consumer
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => this.joined(payload))
    consumer.on(consumer.events.FETCH_START, () => this.joinAgainIfNotJoined())
    consumer.on(consumer.events.CRASH, ({ payload }) => this.crashed(consumer, payload.error, payload.restart))
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
      // Only control or aborted records, for which kafkajs does not call eachBatch.
      if (payload.batchSize > 0) return
      this.owner.records(payload, [], Number(payload.lastOffset) + 1, Number(payload.highWatermark))
    })
    await consumer.connect()
    await consumer.subscribe({ topics: [...this.settings.topics], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: true,
      partitionsConsumedConcurrently: 1,
      eachBatch: async payload => this.take(payload)
    })
  }

  pause(partition: TopicPartition): void {
    this.held.pause(partition)
  }

  resume(partition: TopicPartition): void {
    this.held.resume(partition)
  }

  /** One try in the present generation, never repeated in a later one, in which the partitions may be another member's. */
  async commit(offsets: readonly Position[]): Promise<boolean> {
    if (offsets.length === 0) return true
    try {
      if (this.commitOffsets === undefined) await this.commitBeforeAnyRecord(offsets)
      else await this.commitOffsets(toOffsets(offsets))
      return true
    } catch (error) {
      this.log.debug({ error: (error as Error).message }, 'offsets not committed')
      return false
    }
  }

  /** Only passed control records can be behind these; kafkajs' other way to commit, which repeats itself, does no harm then. */
  private async commitBeforeAnyRecord(offsets: readonly Position[]): Promise<void> {
    if (!this.isMember) throw new Error('not a member')
    await this.consumer?.commitOffsets(
      offsets.map(({ topic, partition, position }) => ({ topic, partition, offset: String(position) }))
    )
  }

  async highWatermarks(partitions: readonly TopicPartition[]): Promise<OffsetsByPartition> {
    return this.cluster === undefined ? new Map() : highOffsets(this.cluster, partitions)
  }

  /** Leaves the group. */
  async stop(): Promise<void> {
    this.stopping = true
    clearTimeout(this.restart)
    this.held.forgetAll()
    await this.consumer?.disconnect()
    // A start that was under way may have joined after that.
    await this.starting?.catch(() => {})
    await this.consumer?.disconnect()
  }

  private async beforeJoin(coordinator: Broker, cluster: Cluster): Promise<void> {
    this.coordinator = coordinator
    this.cluster = cluster
    this.joinAttempts++
    if (!this.offsetsInitialised) await this.initialiseOffsets(coordinator, cluster)
    // A second attempt of the same rebalance finds nothing new to wait for.
    if (this.joinAttempts === 1) await this.owner.beforeJoin()
  }

  /**
   * initialOffset latest: a topic this group has never read begins at its end, and says so in Kafka before anyone joins, so that
   * nothing sent from then on is missed. Partitions added to it later begin at their beginning.
   */
  private async initialiseOffsets(coordinator: Broker, cluster: Cluster): Promise<void> {
    const { group, topics } = this.settings
    for (const topic of topics) {
      const partitions = cluster
        .findTopicPartitionMetadata(topic)
        .map(({ partitionId }) => ({ topic, partition: partitionId }))
      const committed = await committedOffsets(coordinator, group, partitions)
      if (committed.size > 0) continue
      await commitWithoutMember(coordinator, group, await highOffsets(cluster, partitions))
    }
    this.offsetsInitialised = true
  }

  private joined({ memberId, memberAssignment }: ConsumerGroupJoinEvent['payload']): void {
    // The same member, joined at the first attempt: it was in every generation, so what it owned was nobody else's.
    const uninterrupted = memberId === this.memberId && this.joinAttempts === 1
    this.memberId = memberId
    this.joinAttempts = 0
    this.held.forgetAll()
    const join = ++this.joins
    const assigned = Object.entries(memberAssignment).flatMap(([topic, partitions]) =>
      partitions.map(partition => ({ topic, partition }))
    )
    const owned = new Map(Array.from(this.owner.positions(), position => [partitionKey(position), position]))
    const isKept = (partition: TopicPartition): boolean => uninterrupted && owned.has(partitionKey(partition))
    const kept = assigned.flatMap(partition => (isKept(partition) ? (owned.get(partitionKey(partition)) ?? []) : []))
    const added = assigned.filter(partition => !isKept(partition))
    for (const position of kept) this.seek(position)
    this.owner.kept(kept)
    if (added.length === 0) this.owner.added([])
    else void this.findPositions(join, added)
  }

  /**
   * When a join fails for a reason that passes, such as a coordinator that has just moved and still loads its groups, kafkajs does
   * not join again but goes on fetching in the old generation; and if Kafka still knows the member, no rebalance ever follows, for
   * which the owner waits. Thrown into the fetch, this error makes it join. (kafkajs/src/consumer/runner.js, scheduleFetchManager)
   */
  private joinAgainIfNotJoined(): void {
    if (this.joinAttempts === 0) return
    const error = new Error('the join before did not come to its end')
    throw new kafkajs.KafkaJSProtocolError(Object.assign(error, { type: 'REBALANCE_IN_PROGRESS', code: 27 }))
  }

  private async findPositions(join: number, added: readonly TopicPartition[]): Promise<void> {
    const { coordinator, cluster } = this
    if (coordinator === undefined || cluster === undefined) return
    try {
      const committed = await committedOffsets(coordinator, this.settings.group, added)
      const [low, high] = [await lowOffsets(cluster, added), await highOffsets(cluster, added)]
      const positions = added.map(({ topic, partition }) => {
        const key = partitionKey({ topic, partition })
        const begin = low.get(key) ?? 0
        const position = committed.get(key) ?? begin
        // Retention may have removed what the group has not read yet; a topic that was made anew ends before the old commit.
        return {
          topic,
          partition,
          position: position > (high.get(key) ?? Infinity) ? begin : Math.max(position, begin)
        }
      })
      if (join !== this.joins || this.stopping) return
      for (const position of positions) this.seek(position)
      this.owner.added(positions)
    } catch (error) {
      if (join !== this.joins || this.stopping) return
      this.log.warn({ error: (error as Error).message }, 'could not read the committed offsets, trying again')
      await new Promise(resolve => setTimeout(resolve, RESTART_DELAY_MS))
      if (join === this.joins && !this.stopping) await this.findPositions(join, added)
    }
  }

  private take({ batch, commitOffsetsIfNecessary }: EachBatchPayload): void {
    this.commitOffsets = commitOffsetsIfNecessary
    const { topic, partition } = batch
    const position = this.positionOf(batch)
    if (position === undefined) return // not ours (any more); a seek follows when it becomes ours
    const fetched = Number((batch as FetchedBatch).fetchedOffset)
    const highWatermark = Number(batch.highWatermark)
    // Below 0: Kafka gave out nothing, for a reason that comes with the batch.
    if (highWatermark >= 0 && highWatermark < position) {
      this.log.warn(
        { topic, partition, position, from: fetched },
        `${topic}/${partition} ends before ${position}: it was made anew`
      )
      this.owner.added([{ topic, partition, position: fetched }])
      this.seek({ topic, partition, position: fetched })
      return
    }
    if (fetched > position) {
      this.closeGap({ topic, partition, position }).catch((error: unknown) => {
        this.log.debug({ error: (error as Error).message }, 'could not read where the log begins, fetching again')
        this.seek({ topic, partition, position })
      })
      return
    }
    const records: KafkaRecord[] = []
    for (const message of batch.messages) {
      const offset = Number(message.offset)
      if (offset < position) continue
      if (message instanceof UnreadableBatch) {
        const { from } = message.unreadable
        if (from > position) this.owner.records(batch, records, from, Number(batch.highWatermark))
        this.passOver({ topic, partition }, message.unreadable, Number(batch.highWatermark))
        return
      }
      records.push(toRecord(topic, partition, offset, message))
    }
    this.held.forget(batch)
    this.owner.records(batch, records, Number(batch.lastOffset()) + 1, Number(batch.highWatermark))
  }

  /**
   * Java's consumer throws at every poll until somebody seeks past such a batch, and stops with all its partitions. Here this one
   * waits; what Kafka gave out and stays unreadable is passed over, and its owner counts it as lost.
   */
  private passOver(partition: TopicPartition, what: Unreadable, highWatermark: number): void {
    const passedOver = !this.held.tryAgainLater(partition, what.from) && !what.refused
    if (passedOver) {
      this.held.forget(partition)
      this.owner.records(partition, [], what.to + 1, highWatermark)
      this.seek({ ...partition, position: what.to + 1 })
    }
    this.owner.unreadable(partition, what, passedOver)
  }

  /** A fetch began beyond what was handed over: either kafkajs' state is from before a rebalance, or retention removed records. */
  private async closeGap({ topic, partition, position }: Position): Promise<void> {
    const low = this.cluster === undefined ? undefined : await lowOffsets(this.cluster, [{ topic, partition }])
    const begin = low?.get(partitionKey({ topic, partition })) ?? 0
    if (begin > position) {
      this.log.error(
        { topic, partition, from: position, to: begin },
        `${topic}/${partition}: offsets ${position} to ${begin - 1} were removed by retention before they were delivered`
      )
      this.owner.records({ topic, partition }, [], begin, begin)
    }
    this.seek({ topic, partition, position: Math.max(position, begin) })
  }

  private positionOf(partition: TopicPartition): number | undefined {
    for (const position of this.owner.positions()) {
      if (position.topic === partition.topic && position.partition === partition.partition) return position.position
    }
    return undefined
  }

  private seek({ topic, partition, position }: Position): void {
    if (this.isMember) this.consumer?.seek({ topic, partition, offset: String(position) })
  }

  /** kafkajs throws when it is told to pause, resume or seek between a crash and the next join. */
  private get isMember(): boolean {
    return this.memberId !== undefined
  }

  private crashed(consumer: Consumer, error: Error, restarts: boolean): void {
    if (this.stopping || consumer !== this.consumer) return
    this.memberId = undefined
    this.held.forgetAll()
    this.commitOffsets = undefined
    this.joins++
    this.owner.lost(this.answers.refusal ?? error)
    if (restarts) return
    this.log.warn({ error: error.message }, `consumer of group ${this.settings.group} failed, starting another`)
    this.restart = setTimeout(() => {
      this.start().catch((cause: unknown) => this.crashed(this.consumer ?? consumer, cause as Error, false))
    }, RESTART_DELAY_MS)
  }
}

function toOffsets(positions: readonly Position[]): Offsets {
  const topics = Object.groupBy(positions, ({ topic }) => topic)
  return {
    topics: Object.entries(topics).map(([topic, partitions = []]) => ({
      topic,
      partitions: partitions.map(({ partition, position }) => ({ partition, offset: String(position) }))
    }))
  }
}
