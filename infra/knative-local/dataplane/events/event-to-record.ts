// The Kafka record that Knative's receiver writes for an event: binary or structured, keyed by the partitionkey extension.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
import type { CloudEvent } from './cloud-event.ts'
import { STRUCTURED_JSON, writeStructuredEvent } from './structured-event.ts'
import type { TraceHeaders } from './trace-context.ts'

export interface NewRecord {
  readonly key: string | null
  readonly value: Buffer | null
  readonly headers: Record<string, string>
}

export type ContentMode = 'binary' | 'structured'

export function eventToRecord(event: CloudEvent, mode: ContentMode, trace: TraceHeaders = []): NewRecord {
  const key = event.extensions.get('partitionkey')?.toString() ?? null
  if (mode === 'structured') {
    return {
      key,
      value: writeStructuredEvent(event),
      headers: { ...Object.fromEntries(trace), 'content-type': STRUCTURED_JSON }
    }
  }
  const headers: Record<string, string> = {
    ...Object.fromEntries(trace),
    ce_specversion: event.specversion,
    ce_id: event.id,
    ce_source: event.source,
    ce_type: event.type
  }
  if (event.datacontenttype !== undefined) headers['content-type'] = event.datacontenttype
  if (event.dataschema !== undefined) {
    headers[event.specversion === '1.0' ? 'ce_dataschema' : 'ce_schemaurl'] = event.dataschema
  }
  if (event.subject !== undefined) headers.ce_subject = event.subject
  if (event.time !== undefined) headers.ce_time = event.time
  for (const [name, value] of event.extensions) headers[`ce_${name}`] = String(value)
  return { key, value: event.data, headers }
}
