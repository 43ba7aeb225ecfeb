// kafkajs, made to read whatever Kafka holds and to write by Kafka's own partitions. Whoever reads or writes records takes it from here.
//
// kafkajs finds how to ask and how to read an answer in one table, by request; its entries for fetches, coordinators and metadata are replaced. An update of kafkajs
// must pass kafkajs.test.ts.
import kafkajs, { type ICustomPartitioner } from 'kafkajs'
// @ts-expect-error kafkajs ships no types for its inner files
import KafkajsConnection from 'kafkajs/src/network/connection.js'
// @ts-expect-error kafkajs ships no types for its inner files
import KafkajsRequestQueue from 'kafkajs/src/network/requestQueue/index.js'
// @ts-expect-error kafkajs ships no types for its inner files
import fetchRequests from 'kafkajs/src/protocol/requests/fetch/index.js'
// @ts-expect-error kafkajs ships no types for its inner files
import coordinatorRequests from 'kafkajs/src/protocol/requests/findCoordinator/index.js'
// @ts-expect-error kafkajs ships no types for its inner files
import metadataRequests from 'kafkajs/src/protocol/requests/metadata/index.js'
import { registerCodecs } from './fetch/codecs.ts'
import { keepRefusals } from './coordinator-refusal.ts'
import { type Connection, leaveClosedSockets } from './closed-sockets.ts'
import {
  decodeFetchResponse,
  parseFetchResponse,
  type FetchOffset,
  type FetchResponse
} from './fetch/fetch-response.ts'
import { keepLeaderless } from './leaderless.ts'
import { partitionOfKey } from './murmur2.ts'
import { rest, type RequestQueue } from './request-queue.ts'

interface FetchArguments {
  readonly topics: readonly {
    readonly topic: string
    readonly partitions: readonly { readonly partition: number; readonly fetchOffset: string }[]
  }[]
}

interface RequestTable<Arguments> {
  protocol(choice: { version: number }): (given: Arguments) => object
}

/** The first version with record batches. */
const FIRST_WITH_BATCHES = 4

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'
registerCodecs()
leaveClosedSockets((KafkajsConnection as { prototype: Connection }).prototype)
rest((KafkajsRequestQueue as { prototype: RequestQueue }).prototype)
readFetchesByOurselves(fetchRequests as RequestTable<FetchArguments>)
keepRefusals(coordinatorRequests as Parameters<typeof keepRefusals>[0])
keepLeaderless(metadataRequests as Parameters<typeof keepLeaderless>[0])

export { kafkajs }

function readFetchesByOurselves(table: RequestTable<FetchArguments>): void {
  const protocol = table.protocol.bind(table)
  table.protocol = ({ version }) => {
    const build = protocol({ version })
    if (version < FIRST_WITH_BATCHES) return build
    return given => {
      const fetchOffset = offsetsOf(given)
      return {
        ...build(given),
        response: {
          decode: (payload: Buffer) => decodeFetchResponse(payload, version, fetchOffset),
          parse: (response: FetchResponse) => parseFetchResponse(response, fetchOffset)
        }
      }
    }
  }
}

function offsetsOf({ topics }: FetchArguments): FetchOffset {
  const offsets = new Map(
    topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, fetchOffset }) => [`${topic}/${partition}`, BigInt(fetchOffset)] as const)
    )
  )
  return (topic, partition) => offsets.get(`${topic}/${partition}`) ?? 0n
}

/** Kafka's partition of a key, as Java's producer; without one, the partitions that have a leader in turn. */
export const javaPartitioner: ICustomPartitioner = () => {
  let turn = Math.trunc(Math.random() * 1000)
  return ({ partitionMetadata, message: { key, partition } }) => {
    if (partition !== undefined) return partition
    if (key !== undefined && key !== null) {
      return partitionOfKey(typeof key === 'string' ? Buffer.from(key) : key, partitionMetadata.length)
    }
    const led = partitionMetadata.filter(({ leader }) => leader >= 0)
    const among = led.length > 0 ? led : partitionMetadata
    return among[turn++ % among.length]?.partitionId ?? 0
  }
}
