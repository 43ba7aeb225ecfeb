// What kafkajs has fetched, handed over as records: each offset once and in order, whatever kafkajs had fetched before a rebalance.
import type { Batch } from 'kafkajs'
import type { Logger } from 'pino'
import type { Position, TopicPartition } from './assignment.ts'
import { UnreadableBatch, type Unreadable } from '../kafka/fetch/decoded-message.ts'
import type { HeldPartitions } from './held-partitions.ts'
import { toRecord } from '../kafka/fetch/kafkajs-record.ts'
import type { KafkaRecord } from '../kafka/record.ts'

/** Who gets the records. */
export interface Reader {
  /** What is read now, with the next offset of each. */
  positions(): Iterable<Position>
  /** This is read as well, from these positions (none, when nothing is new): reading continues. */
  added(positions: readonly Position[]): void
  /** Kafka has answered a fetch of this partition, with records or without. */
  fetched(partition: TopicPartition, highWatermark: number): void
  records(partition: TopicPartition, records: readonly KafkaRecord[], next: number, highWatermark: number): void
  /** The next offsets of this partition cannot be read: they are tried again, or were tried often enough and are passed over. */
  unreadable(partition: TopicPartition, what: Unreadable, passedOver: boolean): void
}

export interface BatchPorts {
  readonly reader: Reader
  readonly held: HeldPartitions
  readonly log: Logger
  seek(position: Position): void
  /** Where the log of a partition begins. */
  beginningOf(partition: TopicPartition): Promise<number>
}

/** A batch knows where its fetch began, which kafkajs' types leave out. */
type FetchedBatch = Batch & { readonly fetchedOffset: string }

export class FetchedBatches {
  private readonly ports: BatchPorts

  constructor(ports: BatchPorts) {
    this.ports = ports
  }

  take(batch: Batch): void {
    const { reader, held, log, seek } = this.ports
    const { topic, partition } = batch
    const position = this.positionOf(batch)
    if (position === undefined) return // not ours (any more); a seek follows when it becomes ours
    const fetched = Number((batch as FetchedBatch).fetchedOffset)
    const highWatermark = Number(batch.highWatermark)
    // Below 0: Kafka gave out nothing, for a reason that comes with the batch.
    if (highWatermark >= 0 && highWatermark < position) {
      const message = `${topic}/${partition} ends before ${position}: it was recreated`
      log.warn({ topic, partition, position, from: fetched }, message)
      reader.added([{ topic, partition, position: fetched }])
      seek({ topic, partition, position: fetched })
      return
    }
    if (fetched > position) {
      this.closeGap({ topic, partition, position }).catch((error: unknown) => {
        log.debug({ error: (error as Error).message }, 'could not read where the log begins, fetching again')
        seek({ topic, partition, position })
      })
      return
    }
    const records: KafkaRecord[] = []
    for (const message of batch.messages) {
      const offset = Number(message.offset)
      if (offset < position) continue
      if (message instanceof UnreadableBatch) {
        const { from } = message.unreadable
        if (from > position) reader.records(batch, records, from, highWatermark)
        this.passOver({ topic, partition }, message.unreadable, highWatermark)
        return
      }
      records.push(toRecord(topic, partition, offset, message))
    }
    held.forget(batch)
    reader.records(batch, records, Number(batch.lastOffset()) + 1, highWatermark)
  }

  /**
   * Java's consumer throws at every poll until somebody seeks past such a batch, and stops with all its partitions. Here this one
   * waits; what Kafka gave out and stays unreadable is passed over, and its owner counts it as lost.
   */
  private passOver(partition: TopicPartition, what: Unreadable, highWatermark: number): void {
    const { reader, held, seek } = this.ports
    const passedOver = !held.tryAgainLater(partition, what.from) && !what.refused
    if (passedOver) {
      held.forget(partition)
      reader.records(partition, [], what.to + 1, highWatermark)
      seek({ ...partition, position: what.to + 1 })
    }
    reader.unreadable(partition, what, passedOver)
  }

  /** A fetch began beyond what was handed over: either kafkajs' state is from before a rebalance, or retention removed records. */
  private async closeGap({ topic, partition, position }: Position): Promise<void> {
    const { reader, log, seek, beginningOf } = this.ports
    const begin = await beginningOf({ topic, partition })
    if (begin > position) {
      log.error(
        { topic, partition, from: position, to: begin },
        `${topic}/${partition}: offsets ${position} to ${begin - 1} were removed by retention before they were delivered`
      )
      reader.records({ topic, partition }, [], begin, begin)
    }
    seek({ topic, partition, position: Math.max(position, begin) })
  }

  private positionOf(partition: TopicPartition): number | undefined {
    for (const position of this.ports.reader.positions()) {
      if (position.topic === partition.topic && position.partition === partition.partition) return position.position
    }
    return undefined
  }
}
