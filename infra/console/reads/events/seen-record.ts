// A record as the console keeps it: the event that it is, as functions know it, and its data decoded for people.
import { createDecoder } from '../../../../functions/deadLetterReplay/decode-data.ts'
import { attribute, type CloudEvent, type KafkaRecord, recordToEvent } from '../../../knative-local/events.ts'
import { receivedIdentity } from '../../../proof/audit/received-identity.ts'

export interface SeenRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Milliseconds since 1970, as its producer says. */
  readonly atMs: number
  readonly key: string
  /** As it is in Kafka. */
  readonly raw: KafkaRecord
  /** Undefined for a record that is no CloudEvent. */
  readonly event?: CloudEvent | undefined
  /** As functions record it. */
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject: string
  /** The extension of this name: on a dead letter, the function that failed. */
  readonly function: string
  readonly bytes: number
  /** The data as JSON, cut. */
  readonly preview: string
}

const maxPreview = 2_000
const [firstMs, lastMs] = [Date.parse('0001-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59Z')]

/** With the schemas of this build. */
export const decode = createDecoder(undefined)

export async function seenRecord(record: KafkaRecord): Promise<SeenRecord> {
  const { topic, partition, offset, timestampMs, key, value } = record
  const event = eventOf(record)
  const identity = event && receivedIdentity(event)
  return {
    topic,
    partition,
    offset,
    atMs: Math.min(Math.max(Number(timestampMs), firstMs), lastMs),
    key: key?.toString('utf8').slice(0, maxPreview) ?? '',
    raw: record,
    event,
    id: identity?.id ?? '',
    source: identity?.source ?? '',
    type: event?.type ?? '',
    subject: event?.subject ?? '',
    function: (event && attribute(event, 'function')) ?? '',
    bytes: value?.length ?? 0,
    preview: (await previewOf(event, value)).slice(0, maxPreview)
  }
}

export function eventOf(record: KafkaRecord): CloudEvent | undefined {
  try {
    return recordToEvent(record, { plainRecords: { as: 'discarded' }, overrides: {} })
  } catch {
    return undefined // a record that claims to be one and is not
  }
}

/** Of a record that is no event too: Debezium's rows are JSON. */
export async function decoded(event: CloudEvent | undefined, value: Buffer | null): Promise<unknown> {
  if (event === undefined) return decode({ datacontenttype: 'application/json' }, value ?? Buffer.alloc(0))
  const { type, datacontenttype, dataschema, data } = event
  return decode(
    { type, ...(datacontenttype && { datacontenttype }), ...(dataschema && { dataschema }) },
    data ?? Buffer.alloc(0)
  )
}

async function previewOf(event: CloudEvent | undefined, value: Buffer | null): Promise<string> {
  const data = await decoded(event, value)
  return data === null ? '' : JSON.stringify(data)
}
