// The JSON event format, read and written as Knative's CloudEvents SDK does.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
import type { CloudEvent } from './cloud-event.ts'
import { EventBuilder, NotACloudEvent, specVersion, type BuiltEvent } from './event-builder.ts'
import { readJsonObject, writeJsonString, type JsonValue } from './json-text.ts'

export const STRUCTURED_JSON = 'application/cloudevents+json'

const MAX_INT32 = 2 ** 31 - 1
const MIN_INT32 = -(2 ** 31)
const jsonContentType = /^(application|text)\/([a-zA-Z]+\+)?json(;.*)?$/

export function readStructuredEvent(bytes: Buffer): BuiltEvent {
  const members = readMembers(bytes)
  const version = specVersion(takeString(members, 'specversion'))
  const event = new EventBuilder(version)

  const attributes = ['id', 'source', 'type', 'datacontenttype', version === '1.0' ? 'dataschema' : 'schemaurl']
  let contentType: string | undefined
  for (const name of [...attributes, 'subject', 'time']) {
    let value = takeString(members, name)
    if (name === 'datacontenttype') {
      if (value === undefined && members.has('data')) value = 'application/json'
      contentType = value
    }
    if (value !== undefined) event.set(name, value)
  }
  const data = takeData(members, contentType, version === '0.3')
  for (const [name, value] of members) {
    if (name === 'specversion') continue
    setExtension(event, name, value)
  }
  return event.build(data)
}

export function writeStructuredEvent(event: CloudEvent): Buffer {
  const members = [member('specversion', event.specversion), member('id', event.id)]
  members.push(member('source', event.source), member('type', event.type))
  if (event.datacontenttype !== undefined) members.push(member('datacontenttype', event.datacontenttype))
  const schema = event.specversion === '1.0' ? 'dataschema' : 'schemaurl'
  if (event.dataschema !== undefined) members.push(member(schema, event.dataschema))
  if (event.subject !== undefined) members.push(member('subject', event.subject))
  if (event.time !== undefined) members.push(member('time', event.time))
  for (const [name, value] of event.extensions) {
    members.push(typeof value === 'string' ? member(name, value) : `${writeJsonString(name)}:${value}`)
  }
  return Buffer.concat([Buffer.from(`{${members.join(',')}`), dataMember(event), Buffer.from('}')])
}

/** Data without a content type counts as JSON. */
export function isJson(contentType: string | undefined): boolean {
  return contentType === undefined || jsonContentType.test(contentType)
}

function member(name: string, value: string): string {
  return `${writeJsonString(name)}:${writeJsonString(value)}`
}

function dataMember(event: CloudEvent): Buffer {
  if (event.data === null) return Buffer.alloc(0)
  // JSON goes in as it came, spaces included.
  if (isJson(event.datacontenttype)) return Buffer.concat([Buffer.from(',"data":'), event.data])
  const base64 = event.data.toString('base64')
  return Buffer.from(
    event.specversion === '1.0' ? `,"data_base64":"${base64}"` : `,"datacontentencoding":"base64","data":"${base64}"`
  )
}

/** A byte order mark is left to the reader, as one before anything but JSON is no error of encoding. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function readMembers(bytes: Buffer): Map<string, JsonValue> {
  try {
    return readJsonObject(utf8.decode(bytes))
  } catch (error) {
    throw new NotACloudEvent(`the value is not a JSON object: ${(error as Error).message}`)
  }
}

function takeString(members: Map<string, JsonValue>, name: string): string | undefined {
  const value = members.get(name)
  members.delete(name)
  if (value === undefined || value.kind === 'null') return undefined
  if (value.string === undefined) throw new NotACloudEvent(`${name} is not a string`)
  return value.string
}

function takeData(members: Map<string, JsonValue>, contentType: string | undefined, isV03: boolean): Buffer | null {
  let data: Buffer | null = null
  if (isV03 && takeString(members, 'datacontentencoding') === 'base64' && members.has('data')) {
    data = decodeBase64(take(members, 'data'))
  } else if (isV03 && members.has('data')) {
    data = dataOf(take(members, 'data'), contentType)
  }
  if (members.has('data') && members.has('data_base64')) throw new NotACloudEvent('both data and data_base64 are given')
  if (members.has('data_base64')) return decodeBase64(take(members, 'data_base64'))
  if (members.has('data')) return dataOf(take(members, 'data'), contentType)
  return data
}

function take(members: Map<string, JsonValue>, name: string): JsonValue | undefined {
  const value = members.get(name)
  members.delete(name)
  return value
}

function dataOf(value: JsonValue | undefined, contentType: string | undefined): Buffer {
  if (isJson(contentType)) return Buffer.from(value?.text ?? 'null')
  if (value?.string === undefined) throw new NotACloudEvent(`data of type ${contentType} is not a string`)
  return Buffer.from(value.string)
}

function decodeBase64(value: JsonValue | undefined): Buffer {
  const text = value?.string?.replace(/[\0- ]/g, '')
  // Looks for what does not belong: a match of all that does overflows at some megabytes.
  if (text === undefined || text.length % 4 !== 0 || /[^A-Za-z0-9+/=]|=(?!=?$)/.test(text)) {
    throw new NotACloudEvent('data_base64 is not base64')
  }
  return Buffer.from(text, 'base64')
}

function setExtension(event: EventBuilder, name: string, value: JsonValue): void {
  if (value.kind === 'boolean') event.setExtension(name, value.text === 'true')
  else if (value.kind === 'string') event.setExtension(name, value.string ?? '')
  else if (value.kind === 'integer' || value.kind === 'float') {
    const number = Number(value.text)
    if (value.kind === 'float' || number > MAX_INT32 || number < MIN_INT32) {
      throw new NotACloudEvent(`extension ${name} is not a 32-bit integer`)
    }
    event.setExtension(name, number)
  } else event.setExtension(name, value.text)
}
