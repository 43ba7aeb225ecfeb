// How a member of a group asks Kafka.
import type { ConsumerConfig } from 'kafkajs'
import type { GroupSettings } from './group-positions.ts'

// As Knative's consumer: session.timeout.ms and heartbeat.interval.ms. Below a third of the session a heartbeat may be late twice.
const SESSION_TIMEOUT_MS = 10_000
const HEARTBEAT_INTERVAL_MS = 3000
/** How long the group waits for its slowest member to join again. */
const REBALANCE_TIMEOUT_MS = 30_000
/**
 * How often kafkajs' loop turns while nothing comes, so that it sends heartbeats and sees changes; also how late a resumed partition is
 * fetched (egress/assigned-partition.ts has records left for as long). Fetches stay at Kafka for longer (long-fetches.ts).
 */
const MAX_WAIT_MS = 500
const MAX_FETCH_BYTES_PER_PARTITION = 256 * 1024
/** Added partitions are noticed after at most this. */
const METADATA_MAX_AGE_MS = 2000

export function consumerConfig({ group, readUncommitted }: GroupSettings): ConsumerConfig {
  return {
    groupId: group,
    sessionTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_INTERVAL_MS,
    rebalanceTimeout: REBALANCE_TIMEOUT_MS,
    maxWaitTimeInMs: MAX_WAIT_MS,
    maxBytesPerPartition: MAX_FETCH_BYTES_PER_PARTITION,
    metadataMaxAge: METADATA_MAX_AGE_MS,
    allowAutoTopicCreation: false,
    readUncommitted
  }
}
