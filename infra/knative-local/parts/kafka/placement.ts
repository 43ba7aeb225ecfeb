// Where a topic's partitions have their replicas: one broker leads all of them, and those of the topics whose names begin alike.
//
// Kafka spreads leaders over the brokers, for their machines to share the work. Here they are one machine, and a broker costs by the
// request, not by the record: what one poll of a producer has for four partitions is one request to one leader, in place of
// three, and so are the fetches of followers and consumers behind it. Topics of one word (`order_create`, `order_update`) are
// often written by one producer and read by one group.
import { murmur2 } from '../../dataplane/kafka/murmur2.ts'

export interface PlacedTopic {
  readonly topic: string
  readonly partitions: number
  readonly replicas: number
}

/** kafkajs takes a minute to write 100,000 of them, and Kafka refuses as many anyway. */
const maxPartitions = 1_000

/**
 * The brokers of each partition, its leader first: the same answer at each call, so that partitions that are added join the others.
 * Undefined where that is left to Kafka: with too few brokers, it says so.
 */
export function replicasOf({ topic, partitions, replicas }: PlacedTopic, brokers: readonly number[]) {
  if (partitions > maxPartitions || replicas < 1 || replicas > brokers.length) return undefined
  const sorted = brokers.toSorted((a, b) => a - b)
  const [firstWord = topic] = topic.split(/[._-]/, 1)
  const leader = (murmur2(Buffer.from(firstWord)) >>> 0) % sorted.length
  return [...sorted.slice(leader), ...sorted.slice(0, leader)].slice(0, replicas)
}
