// Events on their way out, and what is known of what went out.
import { sql } from 'drizzle-orm'
import { check, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { at, bytea } from './columns.ts'

/**
 * Of an event in the outbox, data and attributes: Kafka's limit for a record of 1 MiB, less what the record and the dead letter
 * that it may become add.
 */
export const maxEventBytes = 960 * 1024

/**
 * Events to publish: each column becomes the Kafka header, key, topic or value that infra/debezium/outbox-connector.yaml
 * names. Every column is NOT NULL because Debezium writes a null one as a header with a null value.
 */
export const outbox = pgTable(
  'outbox',
  {
    id: uuid().primaryKey(),
    topic: text().notNull(),
    key: text().notNull(),
    specversion: text().notNull().default('1.0'),
    type: text().notNull(),
    source: text().notNull(),
    subject: text().notNull(),
    /** RFC 3339, as it goes on the wire. */
    time: text().notNull(),
    contentType: text('content_type').notNull(),
    dataschema: text().notNull(),
    sequence: text().notNull(),
    partitionkey: text().notNull(),
    traceparent: text().notNull(),
    /** By type, what came before it of the same entity; a trigger writes it (0003_predecessors.sql). */
    predecessors: text().notNull().default('unknown'),
    payload: bytea().notNull(),
    createdAt: at('created_at').notNull().defaultNow()
  },
  table => [
    index('outbox_created_at').on(table.createdAt),
    // Which event was published for a place: asked of letters before their fence moves.
    index('outbox_place').on(table.subject, table.sequence),
    // One that no record can carry would stop the connector, and with it every event behind it.
    check(
      'outbox_fits_a_record',
      sql`octet_length(${table.payload}) + octet_length(concat(${table.topic}, ${table.key}, ${table.specversion}, ${table.type},
        ${table.source}, ${table.subject}, ${table.time}, ${table.contentType}, ${table.dataschema}, ${table.sequence},
        ${table.partitionkey}, ${table.traceparent}, ${table.predecessors})) <= ${sql.raw(String(maxEventBytes))}`
    )
  ]
)

/** The last sequence of each entity that went into the outbox, by type; a trigger on the outbox keeps it. */
export const entities = pgTable('entities', {
  /** The subject of its events. */
  subject: text().primaryKey(),
  lastSequences: jsonb('last_sequences').$type<Readonly<Record<string, number>>>().notNull()
})

/** Where the registry keeps the schema that this build of the code writes; filled by infra/jobs/register-schemas.ts. */
export const eventSchemas = pgTable(
  'event_schemas',
  {
    type: text().notNull(),
    /** Of the message's descriptor: two builds with different schemas each find their own row. */
    digest: text().notNull(),
    dataschema: text().notNull()
  },
  table => [primaryKey({ columns: [table.type, table.digest] })]
)

/** Written by Debezium's heartbeat, so that a quiet outbox does not hold the write-ahead log back. */
export const debeziumHeartbeat = pgTable('debezium_heartbeat', {
  id: integer().primaryKey(),
  at: at('at').notNull()
})
