// A row of the outbox as Kafka and a function get it: infra/debezium/outbox-connector.yaml makes the record.
import type { ReceivedEvent } from '../../../../functions/runtime/events/received-event.ts'
import type { outbox } from '../../../../functions/runtime/tables/publishing.ts'

export type OutboxRow = typeof outbox.$inferSelect

export function headersOf(row: OutboxRow): Record<string, string> {
  return {
    ce_specversion: row.specversion,
    ce_id: row.id,
    ce_type: row.type,
    ce_source: row.source,
    ce_subject: row.subject,
    ce_time: row.time,
    ce_dataschema: row.dataschema,
    ce_sequence: row.sequence,
    ce_partitionkey: row.partitionkey,
    ce_predecessors: row.predecessors,
    'content-type': row.contentType,
    ce_kafkatopic: row.topic,
    ce_traceparent: row.traceparent,
    traceparent: row.traceparent
  }
}

export function eventOf(row: OutboxRow): ReceivedEvent {
  const { id, source, type, subject, time, contentType, sequence, partitionkey, dataschema, specversion } = row
  const { predecessors } = row
  const attributes = { specversion, id, source, type, subject, time, sequence, partitionkey, dataschema, predecessors }
  return {
    id,
    source,
    type,
    subject,
    time,
    contentType,
    attributes: { ...attributes, datacontenttype: contentType, traceparent: row.traceparent },
    data: row.payload
  }
}
