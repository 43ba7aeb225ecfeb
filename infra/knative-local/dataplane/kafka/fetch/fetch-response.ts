// What a broker answers to a fetch: one partition's trouble is that partition's.
// https://kafka.apache.org/protocol.html#The_Messages_Fetch
import { AsyncLocalStorage } from 'node:async_hooks'
// @ts-expect-error kafkajs ships no types for its inner files
import Decoder from 'kafkajs/src/protocol/decoder.js'
// @ts-expect-error the same
import { createErrorFromCode } from 'kafkajs/src/protocol/error.js'
// @ts-expect-error the same
import decodeMessageSet from 'kafkajs/src/protocol/messageSet/decoder.js'
// @ts-expect-error the same
import kafkajsResponse from 'kafkajs/src/protocol/requests/fetch/v1/response.js'
import type { TopicPartition } from '../../group/assignment.ts'
import { UnreadableBatch, type FetchedMessage } from './decoded-message.ts'
import { decodeBatches, DecodingBudget, magicOf } from './record-batch.ts'

/** kafkajs' reader of the protocol's types. */
interface ProtocolReader {
  readInt16(): number
  readInt32(): number
  readInt64(): bigint
  readString(): string
  readBytes(): Buffer | null
  readArray<T>(read: (reader: ProtocolReader) => T): T[]
  readArrayAsync<T>(read: (reader: ProtocolReader) => Promise<T>): Promise<T[]>
}

export interface PartitionData {
  readonly partition: number
  readonly errorCode: number
  readonly highWatermark: string
  readonly lastStableOffset: string
  readonly lastStartOffset?: string | undefined
  /** Always empty: their records are left out of `messages` already. */
  readonly abortedTransactions: readonly never[]
  readonly preferredReadReplica?: number | undefined
  readonly messages: readonly FetchedMessage[]
}

export interface FetchResponse {
  readonly throttleTime: number
  readonly clientSideThrottleTime?: number | undefined
  readonly responses: readonly { readonly topicName: string; readonly partitions: readonly PartitionData[] }[]
}

/** Within it, whoever fetches is called for each partition that Kafka gave out, if only to say that nothing is new: its log ends there. */
export const fetchedPartitions = new AsyncLocalStorage<(partition: TopicPartition, highWatermark: number) => void>()

/** Where each partition was to be read from, as the request says. */
export type FetchOffset = (topic: string, partition: number) => bigint

/** Versions 4 to 11, those with record batches that kafkajs speaks. */
export async function decodeFetchResponse(
  payload: Buffer,
  version: number,
  fetchOffset: FetchOffset
): Promise<FetchResponse> {
  const reader: ProtocolReader = new Decoder(payload)
  const throttleTimeMs = reader.readInt32()
  if (version >= 7) {
    reader.readInt16() // an error of the fetch session, which kafkajs does not use
    reader.readInt32()
  }
  const budget = new DecodingBudget()
  const responses = await reader.readArrayAsync(async ofTopic => {
    const topicName = ofTopic.readString()
    const partitions = await ofTopic.readArrayAsync(ofPartition =>
      decodePartition(ofPartition, version, partition => fetchOffset(topicName, partition), budget)
    )
    return { topicName, partitions }
  })
  // From version 8 on it is the client that waits. https://cwiki.apache.org/confluence/x/dwNTB (KIP-219)
  return version >= 8
    ? { throttleTime: 0, clientSideThrottleTime: throttleTimeMs, responses }
    : { throttleTime: throttleTimeMs, responses }
}

/** What kafkajs recovers from when it is thrown: it looks up the log's ends, or the partition's new leader. */
const RECOVERED_BY_KAFKAJS = new Set([
  1, // OFFSET_OUT_OF_RANGE
  3, // UNKNOWN_TOPIC_OR_PARTITION
  5, // LEADER_NOT_AVAILABLE
  6, // NOT_LEADER_OR_FOLLOWER
  74, // FENCED_LEADER_EPOCH
  75 // UNKNOWN_LEADER_EPOCH
])
const nowhere = { firstOffset: '0', producerId: '-1', inTransaction: false, isControlBatch: false }

/**
 * kafkajs throws the whole answer away for one partition with an error. Here a partition that Kafka does not give out (no right to
 * read it, a damaged disk) has an unreadable message at the offset that was asked for, and the others have theirs.
 */
export async function parseFetchResponse(response: FetchResponse, fetchOffset: FetchOffset): Promise<FetchResponse> {
  for (const { topicName, partitions } of response.responses) {
    const recovered = partitions.filter(({ errorCode }) => RECOVERED_BY_KAFKAJS.has(errorCode))
    if (recovered.length > 0) await kafkajsResponse.parse({ responses: [{ topicName, partitions: recovered }] })
  }
  const fetched = fetchedPartitions.getStore()
  const responses = response.responses.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map(data => {
      if (data.errorCode === 0) {
        fetched?.({ topic: topicName, partition: data.partition }, Number(data.highWatermark))
        return data
      }
      const offset = fetchOffset(topicName, data.partition)
      const { message } = createErrorFromCode(data.errorCode) as Error
      return { ...data, messages: [new UnreadableBatch(offset, offset, message, nowhere, true)] }
    })
  }))
  return { ...response, responses }
}

async function decodePartition(
  reader: ProtocolReader,
  version: number,
  fetchOffset: (partition: number) => bigint,
  budget: DecodingBudget
): Promise<PartitionData> {
  const partition = reader.readInt32()
  const errorCode = reader.readInt16()
  const highWatermark = String(reader.readInt64())
  const lastStableOffset = String(reader.readInt64())
  const lastStartOffset = version >= 5 ? String(reader.readInt64()) : undefined
  const aborted = reader.readArray(transaction => ({
    producerId: transaction.readInt64(),
    firstOffset: transaction.readInt64()
  }))
  const preferredReadReplica = version >= 11 ? reader.readInt32() : undefined
  const bytes = reader.readBytes() ?? Buffer.alloc(0)
  const messages =
    magicOf(bytes) < 2
      ? await decodeMessageSet(new Decoder(bytes), bytes.length)
      : await decodeBatches(bytes, fetchOffset(partition), aborted, BigInt(highWatermark), budget)
  return {
    partition,
    errorCode,
    highWatermark,
    lastStableOffset,
    lastStartOffset,
    abortedTransactions: [],
    preferredReadReplica,
    messages
  }
}
