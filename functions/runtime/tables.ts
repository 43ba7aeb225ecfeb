// The tables of the core, as drizzle knows them. `npm run generate:migrations` turns a change here into a migration.
import { sql } from 'drizzle-orm'
import {
  bigint,
  check,
  customType,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid
} from 'drizzle-orm/pg-core'
import type { EventAttributes } from './events/received-event.ts'

/**
 * Of an event in the outbox, data and attributes: Kafka's limit for a record of 1 MiB, less what the record and the dead letter
 * that it may become add.
 */
export const maxEventBytes = 960 * 1024

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })
const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

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

/** Answers already given to commands, so that a repeated command is answered again and not done again. */
export const commandAnswers = pgTable(
  'command_answers',
  {
    function: text().notNull(),
    /** The Idempotency-Key, or the event's source and id. */
    key: text().notNull(),
    requestDigest: text('request_digest').notNull(),
    status: smallint().notNull(),
    body: jsonb().notNull(),
    createdAt: at('created_at').notNull().defaultNow()
  },
  table => [
    primaryKey({ columns: [table.function, table.key] }),
    index('command_answers_created_at').on(table.createdAt)
  ]
)

/** Per function and entity, the last sequence done. Its row lock makes deliveries for one entity take turns. */
export const fences = pgTable(
  'fences',
  {
    function: text().notNull(),
    entity: text().notNull(),
    sequence: integer().notNull()
  },
  table => [primaryKey({ columns: [table.function, table.entity] })]
)

/** Events whose effect is in the database, one row per function: written with the effect or not at all. */
export const handledEvents = pgTable(
  'handled_events',
  {
    function: text().notNull(),
    source: text().notNull(),
    eventId: text('event_id').notNull(),
    /** Null for a function that follows no order, as the sequence. */
    entity: text(),
    sequence: integer(),
    /** The moment of the insert, under the fence's lock, so that it follows the sequence; now() is the transaction's start. */
    handledAt: at('handled_at')
      .notNull()
      .default(sql`clock_timestamp()`)
  },
  table => [
    primaryKey({ columns: [table.function, table.source, table.eventId] }),
    index('handled_events_handled_at').on(table.handledAt)
  ]
)

/** Events that came before their turn, byte for byte, until what is missing before them has been done. */
export const heldEvents = pgTable(
  'held_events',
  {
    function: text().notNull(),
    entity: text().notNull(),
    sequence: integer().notNull(),
    source: text().notNull(),
    eventId: text('event_id').notNull(),
    /** The sequence that the function has to have done first; null, as before this column was: the one before its own. */
    predecessor: integer(),
    attributes: jsonb().$type<EventAttributes>().notNull(),
    data: bytea().notNull(),
    heldAt: at('held_at').notNull().defaultNow()
  },
  table => [primaryKey({ columns: [table.function, table.entity, table.sequence] })]
)

export const letterClasses = ['invalid', 'permanent', 'exhausted', 'unreachable'] as const

export const letterStates = ['open', 'replaying', 'resolved', 'discarded'] as const

/** How it is known that a letter's event is a real one: functions/deadLetterReplay/letter-origin.ts. */
export const letterOrigins = ['delivered', 'published', 'command', 'unverified'] as const

/** Dead letters: events that a function could not handle, kept whole until they are replayed or discarded. */
export const deadLetters = pgTable(
  'dead_letters',
  {
    id: uuid().primaryKey(),
    function: text().notNull(),
    source: text().notNull(),
    eventId: text('event_id').notNull(),
    /** Absent for an event of no entity's order. */
    entity: text(),
    sequence: integer(),
    /** As of a held event; null also where only Knative saw the event fail. */
    predecessor: integer(),
    class: text({ enum: letterClasses }).notNull(),
    reason: text().notNull(),
    detail: text().notNull(),
    /** Of the last try, where there was an answer. */
    status: smallint(),
    state: text({ enum: letterStates }).notNull().default('open'),
    origin: text({ enum: letterOrigins }).notNull().default('delivered'),
    /** Deliveries that failed, as far as the function could record them; null where only Knative saw them. */
    attempts: integer(),
    /** Where the record was, as the function saw it: on its way to the dead letters Knative overwrites this. */
    topic: text(),
    partition: integer(),
    offset: bigint({ mode: 'number' }),
    /** All of them, whoever asked. */
    replays: integer().notNull().default(0),
    /** Those since what the letter waits for was last seen to appear: they have a limit of their own. */
    automaticReplays: integer('automatic_replays').notNull().default(0),
    attributes: jsonb().$type<EventAttributes>().notNull(),
    data: bytea().notNull(),
    /** The data as JSON where it could be decoded, for searching. */
    decoded: jsonb(),
    /** The second version, which a person wrote: what a replay sends, and all that the event does in its function. */
    editedData: bytea('edited_data'),
    editedAt: at('edited_at'),
    /** Who it was, as far as they said. */
    editedBy: text('edited_by'),
    editedBecause: text('edited_because'),
    /** The key of what makes this letter due when it appears, such as `user:user-9`. */
    waitsFor: text('waits_for'),
    /** From when on the replayer replays it automatically. */
    dueAt: at('due_at'),
    firstFailedAt: at('first_failed_at').notNull().defaultNow(),
    lastFailedAt: at('last_failed_at').notNull().defaultNow(),
    closedAt: at('closed_at'),
    /** How it was closed, in words: by which replay, or why. */
    closedBecause: text('closed_because')
  },
  table => [
    uniqueIndex('dead_letters_event').on(table.function, table.source, table.eventId),
    index('dead_letters_entity').on(table.entity, table.function, table.sequence),
    index('dead_letters_waiting')
      .on(table.waitsFor)
      .where(sql`state in ('open', 'replaying')`),
    index('dead_letters_due')
      .on(table.dueAt)
      .where(sql`state in ('open', 'replaying')`),
    index('dead_letters_closed')
      .on(table.closedAt)
      .where(sql`state in ('resolved', 'discarded')`),
    check('dead_letters_class', sql`class in ('invalid', 'permanent', 'exhausted', 'unreachable')`),
    check('dead_letters_state', sql`state in ('open', 'replaying', 'resolved', 'discarded')`),
    check('dead_letters_origin', sql`origin in ('delivered', 'published', 'command', 'unverified')`)
  ]
)

/** One failed delivery: when, and what was thrown. */
export interface FailedAttempt {
  /** RFC 3339. */
  readonly at: string
  readonly error: string
  /** Of the span that failed, where spans are made. */
  readonly traceparent?: string
}

/**
 * Deliveries that failed, one row per function and event, whoever saw the last of them. It stays when the event succeeds
 * later, so that a success costs nothing: who asks what is failing leaves out what is in handled_events.
 */
export const failures = pgTable(
  'failures',
  {
    function: text().notNull(),
    source: text().notNull(),
    eventId: text('event_id').notNull(),
    type: text().notNull(),
    entity: text(),
    sequence: integer(),
    topic: text(),
    partition: integer(),
    offset: bigint({ mode: 'number' }),
    traceId: text('trace_id'),
    /** All of them; `errors` holds the newest. */
    attempts: integer().notNull().default(1),
    errors: jsonb().$type<readonly FailedAttempt[]>().notNull(),
    /** Of the last error, by lines of the sources. */
    stack: text().notNull(),
    /** The event as it was delivered, for whoever retries it at once; null once a letter has it. */
    attributes: jsonb().$type<EventAttributes>(),
    data: bytea(),
    firstFailedAt: at('first_failed_at').notNull().defaultNow(),
    lastFailedAt: at('last_failed_at').notNull().defaultNow()
  },
  table => [
    primaryKey({ columns: [table.function, table.source, table.eventId] }),
    index('failures_last_failed_at').on(table.lastFailedAt)
  ]
)

export const replayJobStates = ['running', 'done', 'stopped', 'aborted'] as const

/** A replay: which letters, how fast, and how it went. It outlives the request and the process that started it. */
export const replayJobs = pgTable(
  'replay_jobs',
  {
    id: uuid().primaryKey(),
    name: text().notNull(),
    /** The filter and the options as they were asked for. */
    command: jsonb().notNull(),
    state: text({ enum: replayJobStates }).notNull().default('running'),
    /** Why it was stopped or aborted. */
    detail: text(),
    /** Letters to try alone first; the rest follows when all of them succeed. */
    canary: integer().notNull().default(0),
    /** Letters a second; 0 is as fast as the functions answer. */
    rate: integer().notNull().default(0),
    concurrency: integer().notNull(),
    /** Failures after which it stops; 0 is never. */
    stopAfter: integer('stop_after').notNull().default(0),
    nextSendAt: at('next_send_at').notNull().defaultNow(),
    createdAt: at('created_at').notNull().defaultNow(),
    finishedAt: at('finished_at')
  },
  table => [
    index('replay_jobs_running')
      .on(table.id)
      .where(sql`state = 'running'`),
    check('replay_jobs_state', sql`state in ('running', 'done', 'stopped', 'aborted')`)
  ]
)

export const replayItemStates = ['waiting', 'sending', 'resolved', 'failed', 'skipped'] as const

/** What a replay did with each letter: its audit. */
export const replayItems = pgTable(
  'replay_items',
  {
    jobId: uuid('job_id')
      .notNull()
      .references(() => replayJobs.id, { onDelete: 'cascade' }),
    letterId: uuid('letter_id')
      .notNull()
      .references(() => deadLetters.id, { onDelete: 'cascade' }),
    /** The order in the job: that of each entity's events. */
    position: integer().notNull(),
    state: text({ enum: replayItemStates }).notNull().default('waiting'),
    tries: integer().notNull().default(0),
    status: smallint(),
    detail: text(),
    notBefore: at('not_before').notNull().defaultNow(),
    /** While sending: until when the replayer that took it is believed to be alive. */
    leasedUntil: at('leased_until'),
    finishedAt: at('finished_at')
  },
  table => [
    primaryKey({ columns: [table.jobId, table.position] }),
    // Two replays of one letter at once: the second finds it taken.
    uniqueIndex('replay_items_one_at_a_time')
      .on(table.letterId)
      .where(sql`state in ('waiting', 'sending')`),
    index('replay_items_letter').on(table.letterId),
    index('replay_items_state').on(table.jobId, table.state, table.position),
    check('replay_items_state', sql`state in ('waiting', 'sending', 'resolved', 'failed', 'skipped')`)
  ]
)

/** Written by Debezium's heartbeat, so that a quiet outbox does not hold the write-ahead log back. */
export const debeziumHeartbeat = pgTable('debezium_heartbeat', {
  id: integer().primaryKey(),
  at: at('at').notNull()
})
