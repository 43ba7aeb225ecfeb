// What each broker leads, and which replicas are in sync, over all topics.
import type { Admin } from 'kafkajs'

export interface Replication {
  readonly topic: string
  readonly partition: number
  /** -1 for none. */
  readonly leader: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

export async function replicationOf(admin: Admin): Promise<Replication[]> {
  const { topics } = await admin.fetchTopicMetadata()
  return topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionId, leader, replicas, isr }) => ({
      topic: name,
      partition: partitionId,
      leader,
      replicas,
      isr
    }))
  )
}

export interface BrokerShare {
  readonly broker: number
  readonly leads: number
  /** Of the replicas that it has. */
  readonly inSync: number
  readonly replicas: number
}

export function sharesOf(partitions: readonly Replication[]): BrokerShare[] {
  const brokers = [...new Set(partitions.flatMap(({ replicas }) => replicas))].toSorted((a, b) => a - b)
  return brokers.map(broker => ({
    broker,
    leads: partitions.filter(({ leader }) => leader === broker).length,
    inSync: partitions.filter(({ isr }) => isr.includes(broker)).length,
    replicas: partitions.filter(({ replicas }) => replicas.includes(broker)).length
  }))
}

/** @throws when there is no broker at all */
export function busiestBroker(partitions: readonly Replication[]): number {
  const [first] = sharesOf(partitions).toSorted((a, b) => b.leads - a.leads)
  if (!first) throw new Error('no broker has a partition')
  return first.broker
}

/** As `kafka-topics --describe` counts them with --under-replicated-partitions, --under-min-isr-partitions, --unavailable-partitions. */
export function troubleOf(partitions: readonly Replication[], minInSync: number) {
  return {
    underReplicated: partitions.filter(({ isr, replicas }) => isr.length < replicas.length).length,
    underMinIsr: partitions.filter(({ isr, replicas }) => isr.length < Math.min(minInSync, replicas.length)).length,
    unavailable: partitions.filter(({ leader }) => leader === -1).length
  }
}

/** Every partition has another leader, and no ISR counts on it. */
export function isWithout(partitions: readonly Replication[], broker: number): boolean {
  return partitions.every(({ leader, isr }) => leader !== -1 && leader !== broker && !isr.includes(broker))
}
