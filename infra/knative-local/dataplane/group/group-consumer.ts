// A member of a consumer group on kafkajs. It hands records over as they come and returns at once, so that kafkajs' loop keeps
// fetching and heartbeating while handlers take their time; it reports to its owner what may be read, and waits for the owner
// before it joins again.
//
// After every join each partition is given its position by `seek`: where the owner stands when it kept the partition, the
// committed offset when it is new. So nothing depends on what kafkajs' loop had fetched before the rebalance.
import type { Broker, Cluster, Consumer, ConsumerGroupJoinEvent, Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import { keptAndAdded, partitionKey, type Position, type TopicPartition } from './assignment.ts'
import { consumerConfig } from './consumer-config.ts'
import { FetchPace } from './fetch-pace.ts'
import { FetchedBatches } from './fetched-batches.ts'
import { highOffsets, lowOffsets, type OffsetsByPartition } from './group-offsets.ts'
import type { GroupOwner } from './group-owner.ts'
import { GroupPositions, type GroupSettings } from './group-positions.ts'
import { coordinatorAnswers, type CoordinatorAnswers } from '../kafka/coordinator-refusal.ts'
import { fetchedPartitions } from '../kafka/fetch/fetch-response.ts'
import { HeldPartitions } from './held-partitions.ts'
import { kafkajs } from '../kafka/kafkajs.ts'
import { hasLeader } from '../kafka/leaderless.ts'
import { LongFetches } from './long-fetches.ts'
import { OffsetCommitter } from './offset-committer.ts'
import { partitionAssigner } from './partition-assigner.ts'

const RESTART_DELAY_MS = 1000

export class GroupConsumer {
  private readonly kafka: Kafka
  private readonly settings: GroupSettings
  private readonly beginnings: GroupPositions
  private readonly batches: FetchedBatches
  private readonly committer: OffsetCommitter
  private readonly owner: GroupOwner
  private readonly log: Logger
  private consumer: Consumer | undefined
  private answers: CoordinatorAnswers = {}
  private coordinator: Broker | undefined
  private cluster: Cluster | undefined
  private memberId: string | undefined
  private joinAttempts = 0
  private joins = 0
  private starting: Promise<void> | undefined
  private stopping = false
  private restart: NodeJS.Timeout | undefined
  /** Where to read is not known of all partitions. */
  private searching = false
  private readonly pace = new FetchPace()
  private readonly longFetches = new LongFetches(
    () => this.isSteady,
    () => this.pace.waitMs(performance.now())
  )
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
    this.beginnings = new GroupPositions(settings)
    this.committer = new OffsetCommitter(async offsets => {
      if (!this.isMember) throw new Error('not a member')
      await this.consumer?.commitOffsets(offsets)
    }, log)
    this.batches = new FetchedBatches({
      reader: owner,
      held: this.held,
      log,
      seek: position => this.seek(position),
      beginningOf: async partition =>
        (this.cluster && (await lowOffsets(this.cluster, [partition])).get(partitionKey(partition))) ?? 0
    })
  }

  start(): Promise<void> {
    this.answers = {}
    this.starting = fetchedPartitions.run(
      (partition, highWatermark) => this.owner.fetched(partition, highWatermark),
      () => coordinatorAnswers.run(this.answers, () => this.startConsumer())
    )
    return this.starting
  }

  private async startConsumer(): Promise<void> {
    const consumer = this.kafka.consumer({
      ...consumerConfig(this.settings),
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
      eachBatch: async ({ batch, commitOffsetsIfNecessary }) => {
        this.committer.use(commitOffsetsIfNecessary)
        this.pace.arrived(batch.messages.length, performance.now())
        this.batches.take(batch)
      }
    })
  }

  pause(partition: TopicPartition): void {
    this.held.pause(partition)
  }

  resume(partition: TopicPartition): void {
    this.held.resume(partition)
  }

  commit(offsets: readonly Position[]): Promise<boolean> {
    return this.committer.commit(offsets)
  }

  /** Ends of the logs of these; one that has lost its leader has none. */
  async highWatermarks(partitions: readonly TopicPartition[]): Promise<OffsetsByPartition> {
    return this.cluster === undefined ? new Map() : highOffsets(this.cluster, partitions)
  }

  /** Of what is read, the partitions that have lost their leaders, which the metadata of each fetch shows. */
  lookForLeaderless(): void {
    const { cluster } = this
    if (cluster === undefined) return
    this.reportLeaderless([...this.owner.positions()].filter(position => !hasLeader(cluster, position)))
  }

  /** Leaves the group. */
  async stop(): Promise<void> {
    this.stopping = true
    clearTimeout(this.restart)
    this.held.forgetAll()
    const left = this.consumer?.disconnect()
    this.longFetches.wake()
    await left
    // A start that was under way may have joined after that.
    await this.starting?.catch(() => {})
    await this.consumer?.disconnect()
  }

  private async beforeJoin(coordinator: Broker, cluster: Cluster): Promise<void> {
    this.coordinator = coordinator
    if (cluster !== this.cluster) this.longFetches.serve(cluster)
    this.cluster = cluster
    this.joinAttempts++
    await this.beginnings.initialise(coordinator, cluster)
    // A second attempt of the same rebalance finds nothing new to wait for.
    if (this.joinAttempts === 1) await this.owner.beforeJoin()
  }

  private joined({ memberId, memberAssignment }: ConsumerGroupJoinEvent['payload']): void {
    // The same member, joined at the first attempt: it was in every generation, so what it owned was nobody else's.
    const uninterrupted = memberId === this.memberId && this.joinAttempts === 1
    this.memberId = memberId
    this.joinAttempts = 0
    this.held.forgetAll()
    const join = ++this.joins
    const { kept, added } = keptAndAdded(memberAssignment, uninterrupted ? this.owner.positions() : [])
    for (const position of kept) this.seek(position)
    this.owner.kept(kept)
    this.searching = added.length > 0
    if (added.length === 0) this.owner.added([])
    else void this.findPositions(join, added)
  }

  /**
   * When a join fails for a reason that passes, such as a coordinator that has just moved and still loads its groups, kafkajs does
   * not join again but continues to fetch in the old generation; and if Kafka still knows the member, no rebalance ever follows, for
   * which the owner waits. Thrown into the fetch, this error makes it join. (kafkajs/src/consumer/runner.js, scheduleFetchManager)
   */
  private joinAgainIfNotJoined(): void {
    if (this.joinAttempts === 0) return
    const error = new Error('the join before did not come to its end')
    throw new kafkajs.KafkaJSProtocolError(Object.assign(error, { type: 'REBALANCE_IN_PROGRESS', code: 27 }))
  }

  private async findPositions(join: number, added: readonly TopicPartition[], again = false): Promise<void> {
    const { coordinator, cluster } = this
    if (coordinator === undefined || cluster === undefined) return
    const isOver = (): boolean => join !== this.joins || this.stopping
    let missing = added
    try {
      const { positions, leaderless } = await this.beginnings.find(coordinator, cluster, added)
      if (isOver()) return
      for (const position of positions) this.seek(position)
      if (positions.length > 0 || !again) this.owner.added(positions)
      this.reportLeaderless(leaderless)
      missing = leaderless
    } catch (error) {
      if (isOver()) return
      this.log.warn({ error: (error as Error).message }, 'could not read the committed offsets, trying again')
    }
    if (missing.length === 0) this.searching = false
    if (missing.length === 0) return
    await new Promise(resolve => setTimeout(resolve, RESTART_DELAY_MS))
    if (!isOver()) await this.findPositions(join, missing, missing !== added || again)
  }

  private reportLeaderless(positions: readonly Position[]): void {
    for (const { topic, partition, position } of positions) {
      const what = { from: position, to: position, reason: 'it has no leader', refused: true }
      this.owner.unreadable({ topic, partition }, what, false)
    }
  }

  private seek({ topic, partition, position }: Position): void {
    if (this.isMember) this.consumer?.seek({ topic, partition, offset: String(position) })
  }

  /** What is fetched stays the same until records come. */
  private get isSteady(): boolean {
    return this.isMember && this.joinAttempts === 0 && !this.searching && this.held.isEmpty && this.owner.isFetched()
  }

  /** kafkajs throws when it is to pause, resume or seek between a crash and the next join. */
  private get isMember(): boolean {
    return this.memberId !== undefined
  }

  private crashed(consumer: Consumer, error: Error, restarts: boolean): void {
    if (this.stopping || consumer !== this.consumer) return
    this.memberId = undefined
    this.held.forgetAll()
    this.committer.use(undefined)
    this.joins++
    this.owner.lost(this.answers.refusal ?? error)
    if (restarts) return
    this.log.warn({ error: error.message }, `consumer of group ${this.settings.group} failed, starting another`)
    this.restart = setTimeout(() => {
      this.start().catch((cause: unknown) => this.crashed(this.consumer ?? consumer, cause as Error, false))
    }, RESTART_DELAY_MS)
  }
}
