// Debezium's event of a changed row, as it lies in Kafka: a CloudEvent in structured JSON.
import { z } from 'zod'
import type { KafkaRecord } from '../../../knative-local/events.ts'

const Image = z.object({ id: z.string(), name: z.string(), email: z.string() })
const Key = z.object({ id: z.string() })
const CloudEvent = z.looseObject({
  /** `name:db;lsn:34397008;txId:778;sequence:[...]`: the place in the WAL. */
  id: z.string(),
  /** Of the commit, by PostgreSQL's clock. */
  time: z.string(),
  data: z.object({ before: Image.nullable(), after: Image.nullable() })
})
export type RowImage = z.infer<typeof Image>
/** As Debezium calls them: create, update, delete. */
export type Operation = 'c' | 'u' | 'd'

export interface ChangeEvent {
  readonly user: string
  readonly partition: number
  readonly offset: number
  /** The connectors leave Debezium's `op` out; it follows from the images. */
  readonly operation: Operation
  readonly before: RowImage | null
  readonly after: RowImage | null
  readonly lsn: bigint
  readonly txId: number
  readonly committedAt: Date
  /** When Connect wrote the record. */
  readonly writtenAt: Date
  /** The record's value. */
  readonly json: string
}

export function readChangeEvent({ key, value, partition, offset, timestampMs }: KafkaRecord): ChangeEvent {
  const json = value?.toString() ?? ''
  const { id, time, data } = CloudEvent.parse(JSON.parse(json))
  const [, lsn, txId] = /;lsn:(\d+);txId:(\d+);/.exec(id) ?? []
  if (lsn === undefined || txId === undefined) throw new Error(`The id ${id} names no place in the WAL`)
  return {
    user: userOf({ key }),
    partition,
    offset,
    operation: data.before === null ? 'c' : data.after === null ? 'd' : 'u',
    ...data,
    lsn: BigInt(lsn),
    txId: Number(txId),
    committedAt: new Date(time),
    writtenAt: new Date(Number(timestampMs)),
    json
  }
}

export function userOf({ key }: Pick<KafkaRecord, 'key'>): string {
  return Key.parse(JSON.parse(key?.toString() ?? '')).id
}

/** Names the change, however often its event comes: a changed primary key is two events with one LSN, and two users. */
export function identityOf({ lsn, user }: Pick<ChangeEvent, 'lsn' | 'user'>): string {
  return `${lsn} ${user}`
}

/** As PostgreSQL writes a place in its WAL: two halves of 32 bits in hexadecimal. */
export function formatLsn(lsn: bigint): string {
  const hex = (half: bigint) => half.toString(16).toUpperCase()
  return `${hex(lsn >> 32n)}/${hex(lsn & 0xffff_ffffn)}`
}

export function parseLsn(text: string): bigint {
  const [high = '', low = ''] = text.split('/')
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`)
}
