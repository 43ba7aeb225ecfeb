// One event: the record, the row it came from, what each function made of it, and what it waits for.
import type { Pool } from 'pg'
import { z } from 'zod'
import { attribute, type CloudEvent, timeOfRecord } from '../../../knative-local/events.ts'
import { readRecord } from '../../../proof/audit/read-record.ts'
import { type FunctionStory, functionStories } from './function-stories.ts'
import { locateEvent, type Place } from './locate-event.ts'
import { defineRead, NotFound } from '../read.ts'
import { decoded, seenRecord } from './seen-record.ts'
import { asCommands, type EventCommands } from './event-commands.ts'

export interface EventDetail extends Place {
  /** When its producer says that it was written. */
  readonly writtenAt: string
  readonly key: string | null
  readonly headers: readonly { readonly name: string; readonly value: string | null }[]
  readonly bytes: number
  /** Of the value; the first of them where it is long. */
  readonly base64: string
  /** Null for a record that is no CloudEvent. */
  readonly event: null | {
    readonly id: string
    readonly source: string
    readonly type: string
    readonly subject: string | null
    readonly attributes: readonly { readonly name: string; readonly value: string }[]
  }
  /** Decoded by the schema of its type; null where there is none. */
  readonly data: unknown
  readonly traceId: string | null
  readonly outbox: OutboxRow | null
  readonly functions: readonly FunctionStory[]
  readonly commands: readonly EventCommands[]
}

export interface OutboxRow {
  readonly createdAt: string
  /** PostgreSQL's number of the transaction that wrote it. */
  readonly transaction: string
  /** From its row to its record. */
  readonly toKafkaMs: number
}

const maxShownBytes = 16 * 1024

export const event = defineRead({
  description:
    'One event by the place of its record: data, attributes, row, what each function made of it, and what it waits for.',
  input: z.object({
    topic: z.string(),
    partition: z.coerce.number().int().min(0),
    offset: z.coerce.number().int().min(0)
  }),
  async run(sources, place): Promise<EventDetail> {
    const { topic, partition, offset } = place
    const kept = sources.records.find(topic, partition, offset)?.raw
    const record = kept ?? (await readRecord(sources.kafka, place))
    if (record === undefined) {
      throw new NotFound(`${topic}/${partition}/${offset} is not in Kafka: never written, or removed by retention.`)
    }
    const seen = await seenRecord(record)
    const [outbox, functions] = await Promise.all([
      seen.id === '' ? null : outboxRow(sources.database, seen.id, seen.atMs),
      functionStories(sources, seen)
    ])
    return {
      topic,
      partition,
      offset,
      writtenAt: timeOfRecord(record.timestampMs),
      key: record.key?.toString('utf8') ?? null,
      headers: record.headers.map(([name, value]) => ({ name, value: value?.toString('utf8') ?? null })),
      bytes: record.value?.length ?? 0,
      base64: (record.value ?? Buffer.alloc(0)).subarray(0, maxShownBytes).toString('base64'),
      event: seen.event ? describe(seen.event, seen) : null,
      data: await decoded(seen.event, record.value),
      traceId: traceIdOf(seen.event),
      outbox,
      functions,
      commands: seen.event ? await asCommands(sources, seen) : []
    }
  }
})

export const eventById = defineRead({
  description: 'The place of an event’s record, by its id, and its source where ids meet.',
  input: z.object({ id: z.string(), source: z.string().optional() }),
  run: async (sources, { id, source }): Promise<Place> => {
    const { topic, partition, offset } = await locateEvent(sources, id, source)
    return { topic, partition, offset }
  }
})

const contextAttributes = ['specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype', 'dataschema']

function describe(
  cloudEvent: CloudEvent,
  { id, source }: { readonly id: string; readonly source: string }
): EventDetail['event'] {
  const names = [...contextAttributes, ...cloudEvent.extensions.keys()]
  return {
    id,
    source,
    type: cloudEvent.type,
    subject: cloudEvent.subject ?? null,
    attributes: names.flatMap(name => {
      const value = attribute(cloudEvent, name)
      return value === undefined ? [] : [{ name, value }]
    })
  }
}

/** https://www.w3.org/TR/trace-context/#traceparent-header */
function traceIdOf(cloudEvent: CloudEvent | undefined): string | null {
  const traceparent = (cloudEvent && attribute(cloudEvent, 'traceparent')) ?? ''
  return /^[\da-f]{2}-([\da-f]{32})-/.exec(traceparent)?.[1] ?? null
}

async function outboxRow(database: Pool, id: string, atMs: number): Promise<OutboxRow | null> {
  const { rows } = await database.query<{ at: Date; transaction: string }>(
    'select created_at as at, xmin::text as transaction from outbox where id::text = $1',
    [id]
  )
  const [row] = rows
  if (row === undefined) return null
  return {
    createdAt: row.at.toISOString(),
    transaction: row.transaction,
    toKafkaMs: Math.max(0, atMs - row.at.getTime())
  }
}
