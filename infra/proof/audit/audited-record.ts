// What the audit keeps of a record: where it is, which event it is, and digests of its bytes.
import { hash } from 'node:crypto'
import { positionOf } from '../../../functions/runtime/delivery/position.ts'
import { attribute, recordToEvent, type KafkaRecord, lastHeader } from '../../knative-local/events.ts'
import { receivedIdentity } from './received-identity.ts'

export interface AuditedRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly writtenAt: Date
  readonly key: string | null
  /** All null for a record that is no CloudEvent; source and id as a function reads them, under which effects and letters are kept. */
  readonly source: string | null
  readonly id: string | null
  readonly type: string | null
  readonly eventTime: Date | null
  /** Both null for an event that is about no student. */
  readonly student: string | null
  readonly sequence: number | null
  /** What came before it, by type, as its writer says; null where it says nothing. */
  readonly predecessors: string | null
  /** On a dead letter, the function that failed. */
  readonly function: string | null
  /** SHA-256. */
  readonly valueDigest: Buffer
  readonly attributesDigest: Buffer
}

/** The headers whose values an outbox row decides, in the order in which their digest takes them (checks/publishing.ts). */
const outboxHeaders = [
  'ce_specversion',
  'ce_type',
  'ce_source',
  'ce_subject',
  'ce_time',
  'ce_dataschema',
  'ce_sequence',
  'ce_partitionkey',
  'content-type',
  'ce_traceparent'
]
const empty = Buffer.alloc(0)

export function auditedRecord(record: KafkaRecord): AuditedRecord {
  const event = recordToEvent(record, { plainRecords: { as: 'discarded' }, overrides: {} })
  const identity = event && receivedIdentity(event)
  const said = (name: string) => (event && attribute(event, name)) ?? undefined
  const position = event && positionOf({ subject: event.subject, attributes: { sequence: said('sequence') ?? '' } })
  const eventTime = event?.time === undefined ? Number.NaN : Date.parse(event.time)
  const attributes = outboxHeaders.map(name => lastHeader(record, name)?.toString('utf8') ?? '')
  return {
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    writtenAt: storableDate(Number(record.timestampMs)),
    key: record.key?.toString('utf8') ?? null,
    source: identity?.source ?? null,
    id: identity?.id ?? null,
    type: event?.type ?? null,
    eventTime: Number.isNaN(eventTime) ? null : storableDate(eventTime),
    student: position?.entity ?? null,
    sequence: position?.sequence ?? null,
    predecessors: said('predecessors') ?? null,
    function: said('function') ?? null,
    valueDigest: hash('sha256', record.value ?? empty, 'buffer'),
    attributesDigest: hash('sha256', attributes.join('\n'), 'buffer')
  }
}

const [firstStorableMs, lastStorableMs] = [Date.parse('0001-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59Z')]

/** Producers may stamp a record with any 64-bit number: the nearest time whose ISO 8601 text PostgreSQL reads. */
function storableDate(ms: number): Date {
  return new Date(Math.min(Math.max(ms, firstStorableMs), lastStorableMs))
}
