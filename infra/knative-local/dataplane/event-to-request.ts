// The HTTP request that carries an event: binary mode, in the original's header order.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
import type { CloudEvent } from './cloud-event.ts'

export interface EventRequest {
  /** Names and values in turn, as undici takes them. */
  readonly headers: string[]
  /** null: no body and no content-length; empty: content-length 0. */
  readonly body: Buffer | null
}

/** What a header can carry as it is: printable Latin-1 and tabs. */
const sendable = /^[\t\x20-\x7e\x80-\xff]*$/
const beyondLatin1 = /[^\0-\xff]/g

export class UnsendableEvent extends Error {
  override name = 'UnsendableEvent'
}

export function eventToRequest(event: CloudEvent, namespace: string, traceparent?: string): EventRequest {
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
  for (const [name, value] of event.extensions) add(headers, `ce-${name}`, String(value))
  if (traceparent !== undefined) headers.push('traceparent', traceparent)
  return { headers, body: event.data }
}

function add(headers: string[], name: string, value: string): void {
  headers.push(name, sendable.test(value) ? value : latin1(name, value))
}

/** Not percent-encoded: Latin-1 as it is, anything above as a question mark, one for each UTF-16 unit. */
function latin1(name: string, value: string): string {
  const replaced = value.replace(beyondLatin1, '?')
  if (sendable.test(replaced)) return replaced
  throw new UnsendableEvent(`${name} has a control character, which no HTTP header can carry`)
}
