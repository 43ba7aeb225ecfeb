// Publishing: an event is a row in the same transaction as what it reports. Debezium carries it to Kafka.
import type { DescMessage } from '@bufbuild/protobuf'
import { createHash } from 'node:crypto'
import { and, eq } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import type { Publications } from '../declaration.ts'
import { formatSequence } from '../delivery/position.ts'
import type { Database, Transaction } from '../host/database.ts'
import { insertAtCommit } from '../host/transaction.ts'
import { Problem, unavailable } from '../host/problem.ts'
import { names } from '../host/tracing/attribute-names.ts'
import { inSpan } from '../host/tracing/spans.ts'
import { nextTraceparent } from '../host/trace.ts'
import { eventSchemas, maxEventBytes } from '../tables/publishing.ts'
import type { EventType } from './event-type.ts'

export interface PublishOptions {
  /** In place of the declared one. */
  readonly topic?: string
  /** For a type whose data names no entity: what the event is about, and the key of its record. The event's id by default. */
  readonly subject?: string
}

/** Writes an event into the outbox of the transaction, which fails if that does; it is published if the transaction commits. */
export type Publish = <Data, Input>(
  type: EventType<Data, Input>,
  input: Input,
  options?: PublishOptions
) => Promise<void>

export interface Publisher {
  /** `traceparent` of what led to the events, which continue its trace. */
  within(tx: Transaction, traceparent: string | undefined, now: Date): Publish
  /** Whether the registry knows every schema that this build writes. */
  isReady(): Promise<boolean>
}

const published = {
  name: 'publish',
  table: 'outbox',
  columns: [
    'id',
    'topic',
    'key',
    'type',
    'source',
    'subject',
    'time',
    'content_type',
    'dataschema',
    'sequence',
    'partitionkey',
    'traceparent',
    'payload'
  ]
}

/**
 * @param source the CloudEvents `source` of all events
 * @param publications by environment variable, what is published
 * @param topics by environment variable, where
 */
export function createPublisher(db: Database, { source, publications, topics }: PublisherOptions): Publisher {
  const topicsByType = new Map(Object.entries(publications).map(([variable, { type }]) => [type, topics[variable]]))
  const dataschemas = new Map<string, string>()

  /** Looked up once: a build's digest never gets another address. */
  async function dataschemaOf(connection: Database | Transaction, { type, message }: EventType): Promise<string> {
    if (message === undefined) return `urn:schema:${type}`
    const known = dataschemas.get(type)
    if (known !== undefined) return known
    const [registered] = await connection
      .select({ dataschema: eventSchemas.dataschema })
      .from(eventSchemas)
      .where(and(eq(eventSchemas.type, type), eq(eventSchemas.digest, schemaDigest(message))))
    if (registered === undefined) throw unavailable(`the schema of ${type} is not registered yet`)
    dataschemas.set(type, registered.dataschema)
    return registered.dataschema
  }

  return {
    within:
      (tx, traceparent, now) =>
      async (event, input, options = {}) => {
        const topic = options.topic ?? topicsByType.get(event.type)
        if (topic === undefined) throw new Error(`${event.type} is published nowhere: declare it, or give its topic`)
        const id = uuidv7()
        const data = event.create(input)
        const position = event.positionIn(data)
        const payload = event.encode(data)
        if (payload.length > maxEventBytes) throw tooLarge(payload.length)
        const subject = position?.entity ?? options.subject ?? id
        const dataschema = await dataschemaOf(tx, event as EventType)
        await inSpan(`create ${topic}`, { kind: 'producer' }, async span => {
          span?.set(attributesOf(topic, id, event.type, subject))
          const values = [
            id,
            topic,
            subject,
            event.type,
            source,
            subject,
            now.toISOString(),
            event.contentType,
            dataschema,
            // Of no entity's order: the id is a UUIDv7, which sorts by time, as the attribute asks for.
            position === undefined ? id : formatSequence(position.sequence),
            subject,
            nextTraceparent(traceparent),
            payload
          ]
          insertAtCommit(tx, published, values)
        })
      },
    async isReady() {
      await Promise.all(Object.values(publications).map(event => dataschemaOf(db, event)))
      return true
    }
  }
}

const attributesOf = (topic: string, id: string, type: string, subject: string) => ({
  [names.messagingSystem]: 'kafka',
  [names.messagingDestination]: topic,
  [names.messagingOperation]: 'create',
  [names.messagingOperationType]: 'create',
  [names.eventId]: id,
  [names.eventType]: type,
  [names.eventSubject]: subject
})

const tooLarge = (bytes: number) =>
  new Problem(
    413,
    'event-too-large',
    'Event too large',
    `its event of ${bytes} bytes is over the ${maxEventBytes} that a record can carry`
  )

export interface PublisherOptions {
  readonly source: string
  readonly publications: Publications
  readonly topics: Readonly<Record<string, string>>
}

/** Names the exact schema that this build writes: the hash of its file's descriptor. As JSON, because protobuf would need the
 *  descriptor of descriptors for it, which is much for a start. */
export function schemaDigest(message: DescMessage): string {
  return createHash('sha256').update(JSON.stringify(message.file.proto)).digest('hex')
}
