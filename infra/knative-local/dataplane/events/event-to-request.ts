// The HTTP request that carries an event: binary mode, in the original's header order.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
import type { CloudEvent } from './cloud-event.ts'
import { hasControlCharacter, MAX_SENT_HEADER_BYTES } from './header-budget.ts'
import type { TraceHeaders } from './trace-context.ts'

export interface EventRequest {
  /** Names and values in turn, as undici takes them. */
  readonly headers: string[]
  /** null: no body and no content-length; empty: content-length 0. */
  readonly body: Buffer | null
}

const beyondLatin1 = /[^\0-\xff]/g

export class UnsendableEvent extends Error {
  override name = 'UnsendableEvent'
}

export function eventToRequest(event: CloudEvent, namespace: string, trace: TraceHeaders = []): EventRequest {
  const headers = ['Prefer', 'reply', 'Kn-Namespace', namespace]
  add(headers, 'ce-specversion', event.specversion)
  add(headers, 'ce-id', event.id)
  add(headers, 'ce-source', event.source)
  add(headers, 'ce-type', event.type)
  if (event.datacontenttype !== undefined) add(headers, 'content-type', event.datacontenttype)
  if (event.dataschema !== undefined) {
    add(headers, event.specversion === '1.0' ? 'ce-dataschema' : 'ce-schemaurl', event.dataschema)
  }
  if (event.subject !== undefined) add(headers, 'ce-subject', event.subject)
  if (event.time !== undefined) add(headers, 'ce-time', event.time)
  // ceOverrides may use the names of attributes: their headers are then there twice, as in the original.
  for (const [name, value] of event.extensions) {
    add(headers, name === 'datacontenttype' ? 'content-type' : `ce-${name}`, String(value))
  }
  for (const [name, value] of trace) headers.push(name, value)
  const bytes = headers.reduce((sum, text) => sum + text.length + 2, 0) // `: ` after a name, the end of the line after a value
  if (bytes > MAX_SENT_HEADER_BYTES) {
    throw new UnsendableEvent(`its headers take ${bytes} bytes; at most ${MAX_SENT_HEADER_BYTES} are sent`)
  }
  return { headers, body: event.data }
}

function add(headers: string[], name: string, value: string): void {
  if (hasControlCharacter(value)) {
    throw new UnsendableEvent(`${name} has a control character, which no HTTP header can carry`)
  }
  // Not percent-encoded: Latin-1 as it is, anything above as a question mark, one for each UTF-16 unit.
  headers.push(name, value.replace(beyondLatin1, '?'))
}
