// Reads an egress' topics as a member of its group, delivers each record, and commits what is done.
import { counted } from '../../counted.ts'
import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import type { AssignedPartition } from './assigned-partition.ts'
import { AssignedPartitions } from './assigned-partitions.ts'
import { partitionKey, type Position } from '../group/assignment.ts'
import type { Sinks } from '../delivery/dispatch.ts'
import type { Egress } from './egress.ts'
import type { EgressCondition } from './egress-condition.ts'
import type { NewRecord } from '../events/event-to-record.ts'
import { GroupConsumer } from '../group/group-consumer.ts'
import type { GroupOwner } from '../group/group-owner.ts'
import type { DirectAddresses } from '../delivery/direct-addresses.ts'
import { createHttpSender, type HttpSender } from '../delivery/http-sender.ts'
import type { Observer } from '../observer.ts'
import type { Outcomes } from './outcomes.ts'
import { deliverRecord, type DeliveryPorts } from './record-delivery.ts'
import { RecordFlow } from './record-flow.ts'
import type { KafkaRecord } from '../kafka/record.ts'
import { UnreadablePartitions } from '../group/unreadable-partitions.ts'

/** Knative commits every 5 s; a shorter span is delivered again after a kill, at the price of one small request. */
const COMMIT_INTERVAL_MS = 500
/** At a rebalance, requests under way get this long to end; half of the session timeout. */
const REBALANCE_DRAIN_MS = 5000

export interface ReaderPorts {
  readonly condition: EgressCondition
  readonly outcomes: Outcomes
  readonly log: Logger
  readonly observer?: Observer | undefined
  readonly directly: DirectAddresses
  /** By what the next record goes. */
  current(): { readonly egress: Egress; readonly sinks: Sinks | undefined }
  /** Writes a reply. */
  write(topic: string, record: NewRecord): Promise<void>
  /** Why it was thrown out of its group, for a person. */
  explain(error: Error): string
}

export class EgressReader {
  readonly partitions: AssignedPartitions
  readonly unreadable: UnreadablePartitions
  private readonly ports: ReaderPorts
  private readonly sender: HttpSender
  private readonly flow: RecordFlow
  private readonly delivery: DeliveryPorts
  private readonly committer: NodeJS.Timeout
  private consumer: GroupConsumer | undefined
  private topics: readonly string[] = []
  private hasJoined = false
  private committing: Promise<void> = Promise.resolve()
  private stopped = false

  constructor(ports: ReaderPorts) {
    this.ports = ports
    this.sender = createHttpSender(ports.directly)
    this.flow = new RecordFlow(ports.current().egress.ordering, (record, partition) => this.handle(record, partition))
    this.unreadable = new UnreadablePartitions(ports.log)
    this.delivery = {
      sender: this.sender,
      flow: this.flow,
      outcomes: ports.outcomes,
      observer: ports.observer,
      write: ports.write
    }
    this.partitions = new AssignedPartitions(this.flow, {
      pause: partition => this.consumer?.pause(partition),
      resume: partition => this.consumer?.resume(partition)
    })
    this.committer = setInterval(() => void this.commit(), COMMIT_INTERVAL_MS)
  }

  /** The topics that it reads or is about to; undefined while it is in no group. */
  get subscribed(): readonly string[] | undefined {
    return this.consumer === undefined ? undefined : this.topics
  }

  /** Rejects when the group cannot be joined; later failures are mended, and are its condition meanwhile. */
  async join(kafka: Kafka, topics: readonly string[]): Promise<void> {
    const { condition, current, log } = this.ports
    const { group, readUncommitted, initialOffset: initially } = current().egress
    condition.set('joining')
    this.topics = topics
    // A topic that comes later begins at its beginning: nothing of it was there when the source was.
    const initialOffset = this.hasJoined ? 'earliest' : initially
    this.consumer = new GroupConsumer(kafka, { group, topics, readUncommitted, initialOffset }, this.owner(), log)
    try {
      await this.consumer.start()
    } catch (error) {
      if (this.stopped) return
      this.consumer = undefined
      throw error
    }
  }

  /** Requests under way have a moment to end, and what they finish is committed. */
  async leave(): Promise<void> {
    const { consumer } = this
    this.flow.hold()
    await this.partitions.requestsDone(REBALANCE_DRAIN_MS)
    await this.commit()
    this.loseAll()
    this.consumer = undefined
    await consumer?.stop()
  }

  /** Leaves the group at the end; requests under way get `drainMs`. */
  async stop(drainMs: number): Promise<void> {
    this.stopped = true
    clearInterval(this.committer)
    this.flow.hold()
    await this.partitions.requestsDone(drainMs)
    await this.commit()
    this.partitions.loseAll()
    await this.consumer?.stop()
    await this.sender.destroy()
  }

  /** Each answer to a fetch says where a log ends; Kafka is asked for the rest. */
  async readHighWatermarks(): Promise<void> {
    if (this.consumer === undefined) return
    this.consumer.lookForLeaderless()
    this.partitions.seeHighWatermarks(await this.consumer.highWatermarks(this.partitions.withoutFetches()))
  }

  private owner(): GroupOwner {
    const { condition, outcomes, explain } = this.ports
    return {
      positions: () => this.partitions.positions(),
      beforeJoin: async () => {
        if (this.partitions.size === 0) return
        condition.set('joining', 'Rebalancing')
        this.flow.hold()
        await this.partitions.requestsDone(REBALANCE_DRAIN_MS)
        await this.commit()
      },
      kept: partitions => {
        this.unreadable.keep(partitions)
        this.partitions.keep(partitions)
      },
      added: positions => this.add(positions),
      lost: error => {
        this.loseAll()
        condition.set('joining', 'ConsumerFailed', explain(error))
      },
      isFetched: () => this.partitions.unfetched() === undefined,
      fetched: (partition, highWatermark) => this.partitions.fetched(partition, highWatermark),
      records: (partition, records, next, highWatermark) => {
        if (this.stopped) return
        this.unreadable.forget(partition)
        this.partitions.receive(partition, records, next, highWatermark)
      },
      unreadable: (partition, { from, to, reason }, passedOver) => {
        const place = `${partitionKey(partition)}@${from === to ? from : `${from}..${to}`}`
        if (passedOver) outcomes.countUnreadable(to - from + 1, place, reason)
        else this.unreadable.add(partition, `${place} cannot be read, trying again: ${reason}`)
      }
    }
  }

  private add(positions: readonly Position[]): void {
    const { condition, current, log } = this.ports
    for (const position of positions) this.unreadable.forget(position)
    this.partitions.add(positions)
    this.hasJoined = true
    condition.set('consuming')
    void this.readHighWatermarks().catch(() => {})
    log.info(
      { group: current().egress.group, added: positions.map(partitionKey) },
      `reads ${counted(this.partitions.size, 'partition')}, ${positions.length} of them new`
    )
  }

  private loseAll(): void {
    this.unreadable.keep([])
    this.partitions.loseAll()
  }

  private async handle(record: KafkaRecord, partition: AssignedPartition): Promise<void> {
    await this.partitions.left(partition)
    const { egress, sinks } = this.ports.current()
    const outcome = await deliverRecord(record, partition, egress, sinks, this.delivery)
    if (!partition.isClosed) this.ports.outcomes.count(outcome, record)
  }

  /** One commit at a time; what is committed is read when its turn comes. */
  private commit(): Promise<void> {
    this.committing = this.committing
      .then(() => this.partitions.commit(async offsets => (await this.consumer?.commit(offsets)) ?? false))
      .catch((error: unknown) => this.ports.log.error({ error: (error as Error).message }, 'offsets not committed'))
    return this.committing
  }
}
