// A CloudEvent as it came in: its attributes, and its data as the very bytes that were sent.
import { HTTP } from 'cloudevents'
import type { IncomingHttpHeaders } from 'node:http'
import { attributeValue } from './header-values.ts'
import { parseJson } from './json.ts'

/** Attributes and extensions by name, as strings: what a dead letter or a held event keeps. */
export type EventAttributes = Readonly<Record<string, string>>

export interface ReceivedEvent {
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject?: string
  readonly time?: string
  readonly contentType?: string
  readonly attributes: EventAttributes
  readonly data: Buffer
}

/** The request carries no CloudEvent, or a broken one. */
export class NotACloudEvent extends Error {
  readonly code = 'NOT_A_CLOUDEVENT'
}

const required = ['specversion', 'id', 'source', 'type'] as const
/** Of the attributes that identify an event: they are keys in indexes, and a dead letter must be able to name them. */
const maxIdentityLength = 500
/** Of any other, in characters. */
const maxAttributeLength = 8_192
const structured = /^application\/cloudevents\+json\s*(;|$)/i

/** Whether a request claims to be a CloudEvent; readEvent then says whether it is one. */
export function claimsToBeEvent(headers: IncomingHttpHeaders): boolean {
  return /^application\/cloudevents/i.test(headers['content-type'] ?? '') || 'ce-id' in headers || 'ce-type' in headers
}

/**
 * Reads a binary or structured CloudEvent. The SDK reads the attributes; the data stays as bytes, because the SDK would
 * parse JSON, decode structured base64 data into the wrong array type, and make up an id or a time that is missing.
 *
 * @throws NotACloudEvent naming what is missing or malformed
 */
export function readEvent(headers: IncomingHttpHeaders, body: Buffer): ReceivedEvent {
  const isStructured = structured.test(headers['content-type'] ?? '')
  const envelope = isStructured ? parseEnvelope(body) : undefined
  const decoded = envelope ? {} : decodeHeaders(headers)
  const sent = (name: string) => (envelope ? envelope[name] : decoded[`ce-${name}`])
  const missing = required.filter(name => typeof sent(name) !== 'string' || sent(name) === '')
  if (missing.length > 0) throw new NotACloudEvent(`not a CloudEvent: ${missing.join(', ')} missing`)

  const attributes = attributesOf(envelope ?? fromHeaders(decoded))
  refuseUnusable(attributes)
  return {
    id: String(attributes.id),
    source: String(attributes.source),
    type: String(attributes.type),
    subject: attributes.subject,
    time: attributes.time,
    contentType: attributes.datacontenttype,
    attributes,
    data: envelope ? structuredData(envelope) : body
  }
}

/** What PostgreSQL could not keep or index is refused here, where the sender gets the answer. */
function refuseUnusable(attributes: EventAttributes): void {
  if (!/^(1\.0|0\.3)$/.test(attributes.specversion ?? '')) {
    throw new NotACloudEvent('not a CloudEvent: specversion must be 1.0')
  }
  for (const [name, value] of Object.entries(attributes)) {
    const maxLength = ['id', 'source', 'type', 'subject'].includes(name) ? maxIdentityLength : maxAttributeLength
    if (value.length > maxLength) {
      throw new NotACloudEvent(`not a CloudEvent taken here: ${shown(name)} is over ${maxLength} characters`)
    }
    if (`${name}${value}`.includes('\0') || !value.isWellFormed() || !name.isWellFormed()) {
      throw new NotACloudEvent(`not a CloudEvent: ${shown(name)} holds a character that is not text`)
    }
  }
}

function fromHeaders(headers: IncomingHttpHeaders): Record<string, unknown> {
  try {
    const event = HTTP.toEvent({ headers, body: undefined })
    if (Array.isArray(event)) throw new NotACloudEvent('not a CloudEvent: a batch is not taken')
    return { ...(event as object), time: headers['ce-time'], datacontenttype: headers['content-type'] }
  } catch (error) {
    if (error instanceof NotACloudEvent) throw error
    throw new NotACloudEvent(`not a CloudEvent: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The headers with the attributes' values as their sender meant them; content-type is no attribute's header. */
function decodeHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const decoded: IncomingHttpHeaders = { 'content-type': headers['content-type'] }
  for (const [name, sent] of Object.entries(headers)) {
    if (!name.startsWith('ce-') || sent === undefined) continue
    const value = attributeValue(String(sent))
    if (value === undefined) throw new NotACloudEvent(`not a CloudEvent: ${name} is percent-encoded, but not as UTF-8`)
    decoded[name] = value
  }
  return decoded
}

function parseEnvelope(body: Buffer): Record<string, unknown> {
  let envelope: unknown
  try {
    envelope = parseJson(body)
  } catch (error) {
    throw new NotACloudEvent(
      `not a CloudEvent: the structured envelope is ${error instanceof Error ? error.message : String(error)}`
    )
  }
  if (typeof envelope === 'object' && envelope !== null && !Array.isArray(envelope)) return { ...envelope }
  throw new NotACloudEvent('not a CloudEvent: the structured envelope is not a JSON object')
}

function structuredData(envelope: Record<string, unknown>): Buffer {
  const { data_base64: base64 } = envelope
  if (base64 !== undefined && base64 !== null) {
    if (typeof base64 === 'string' && base64.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(base64)) {
      return Buffer.from(base64, 'base64')
    }
    throw new NotACloudEvent('not a CloudEvent: data_base64 is not base64')
  }
  if (envelope.data === undefined || envelope.data === null) return Buffer.alloc(0)
  const isText = typeof envelope.data === 'string' && !/json/i.test(String(envelope.datacontenttype ?? 'json'))
  return Buffer.from(isText ? String(envelope.data) : JSON.stringify(envelope.data))
}

function attributesOf(event: Record<string, unknown>): EventAttributes {
  const attributes: [string, string][] = []
  for (const [name, value] of Object.entries(event)) {
    if (name === 'data' || name === 'data_base64' || value === undefined || value === null) continue
    if (typeof value === 'object') throw new NotACloudEvent(`not a CloudEvent: ${shown(name)} is not a scalar`)
    attributes.push([name, String(value)])
  }
  return Object.fromEntries(attributes) // which makes `__proto__` an attribute like any other
}

/** A name that somebody made up may be as long as the whole body. */
const shown = (name: string) => name.slice(0, 100).toWellFormed()
