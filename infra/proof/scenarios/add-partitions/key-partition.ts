// Which partition a key has: murmur2 of it, modulo the number of partitions, as Kafka's own producers do (and Debezium's).
import kafkajs from 'kafkajs'

const partitioner = kafkajs.Partitioners.DefaultPartitioner()

export function partitionOf(key: string, partitions: number): number {
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 0,
    replicas: [],
    isr: []
  }))
  return partitioner({ topic: '', partitionMetadata, message: { key, value: null } })
}

export interface MovedKeys {
  readonly partition: number
  /** Of the old number of partitions. */
  readonly keysBefore: number
  readonly stay: number
  readonly leave: number
  readonly come: number
  readonly keysAfter: number
}

/** One for each partition that there is afterwards. */
export function moveKeys(keys: readonly string[], before: number, after: number): MovedKeys[] {
  const moves = keys.map(key => ({ from: partitionOf(key, before), to: partitionOf(key, after) }))
  return Array.from({ length: after }, (_, partition) => {
    const from = moves.filter(move => move.from === partition)
    const to = moves.filter(move => move.to === partition)
    const stay = from.filter(move => move.to === partition).length
    return {
      partition,
      keysBefore: from.length,
      stay,
      leave: from.length - stay,
      come: to.length - stay,
      keysAfter: to.length
    }
  })
}

/** Of all possible hashes, those whose remainder changes: from 4 to 6 two thirds. */
export function shareThatMoves(before: number, after: number): number {
  const hashes = before * after
  const moving = Array.from({ length: hashes }, (_, hash) => hash).filter(hash => hash % before !== hash % after)
  return moving.length / hashes
}
