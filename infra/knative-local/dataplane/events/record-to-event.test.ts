// Rules that the recordings do not show.
import { expect, test } from 'vitest'
import { recordToEvent, type RecordMapping } from './record-to-event.ts'
import type { KafkaRecord } from '../kafka/record.ts'

const wrapped: RecordMapping = {
  plainRecords: { as: 'event', namespace: 'ns', name: 'source', keyType: 'string' },
  overrides: {}
}

type Header = readonly [string, string | null]

function record(headers: readonly Header[], value: string | null = null, key: Buffer | null = null): KafkaRecord {
  return {
    topic: 'topic',
    partition: 3,
    offset: 7,
    timestampMs: 0n,
    key,
    value: value === null ? null : Buffer.from(value),
    headers: headers.map(([name, text]) => [name, text === null ? null : Buffer.from(text)] as const)
  }
}

const binary: Header[] = [
  ['ce_specversion', '1.0'],
  ['ce_id', 'an-id'],
  ['ce_source', '/source'],
  ['ce_type', 'a.type']
]

function structured(members: object): KafkaRecord {
  const event = { specversion: '1.0', id: 'an-id', source: '/source', type: 'a.type', ...members }
  return record([['content-type', 'application/cloudevents+json']], JSON.stringify(event))
}

test('the last header of a name wins, and null headers of an event are left out', () => {
  const event = recordToEvent(record([...binary, ['ce_id', 'later'], ['ce_tenant', null]]), wrapped)
  expect(event?.id).toBe('later')
  expect(event?.extensions.has('tenant')).toBe(false)
})

test('attribute names are lower-cased, header names of the protocol are not', () => {
  expect(recordToEvent(record([...binary, ['ce_Tenant', 'acme']]), wrapped)?.extensions.get('tenant')).toBe('acme')
  // Another header: this record has no ce_specversion.
  expect(recordToEvent(record(binary.map(([name, text]) => [name.toUpperCase(), text])), wrapped)?.type).toBe(
    'dev.knative.kafka.event'
  )
})

test.each([
  ['an unknown specversion', record([['ce_specversion', '2.0'], ...binary.slice(1)])],
  ['a time that is none', record([...binary, ['ce_time', 'yesterday']])],
  ['a source that is no URI', record(binary.map(([name, text]) => [name, name === 'ce_source' ? 'a b' : text]))],
  ['an extension name with a dash', record([...binary, ['ce_a-b', 'x']])],
  ['a content type of an unknown event format', record([...binary, ['content-type', 'application/cloudevents+avro']])],
  ['a structured event with both kinds of data', structured({ data: 1, data_base64: 'AA==' })],
  ['a structured event with a fraction as extension', structured({ num: 1.5 })],
  ['a structured event with a long integer as extension', structured({ num: 2 ** 31 })],
  ['a structured event with an upper-case extension', structured({ traceId: 'x' })],
  ['a structured event with a number as subject', structured({ subject: 5 })],
  ['a structured event whose text data is no string', structured({ datacontenttype: 'text/plain', data: { a: 1 } })],
  ['a structured event with broken base64', structured({ data_base64: 'A' })]
])('%s makes a plain record', (_what, given) => {
  const event = recordToEvent(given, wrapped)
  expect(event?.type).toBe('dev.knative.kafka.event')
  expect(event?.id).toBe('partition:3/offset:7')
  expect(recordToEvent(given, { plainRecords: { as: 'discarded' }, overrides: {} })).toBeUndefined()
})

test('a structured event keeps the types of its extensions and null ones as text', () => {
  const extensions = recordToEvent(structured({ num: 7, flag: true, none: null, list: [1, 2] }), wrapped)?.extensions
  expect(Object.fromEntries(extensions ?? [])).toMatchObject({ num: 7, flag: true, none: 'null', list: '[1,2]' })
})

test('data that is null is JSON, no data is none', () => {
  const withNull = recordToEvent(structured({ data: null }), wrapped)
  expect([withNull?.data?.toString(), withNull?.datacontenttype]).toEqual(['null', 'application/json'])
  const without = recordToEvent(structured({}), wrapped)
  expect([without?.data, without?.datacontenttype]).toEqual([null, undefined])
})

test('structured events of 0.3 have their data encoding beside the data', () => {
  const event = recordToEvent(
    structured({ specversion: '0.3', datacontentencoding: 'base64', data: 'AAEC', schemaurl: '/schema' }),
    wrapped
  )
  expect(event).toMatchObject({ specversion: '0.3', dataschema: '/schema', data: Buffer.from([0, 1, 2]) })
})

test('keys of bytes are base64', () => {
  const mapping: RecordMapping = {
    ...wrapped,
    plainRecords: { as: 'event', namespace: 'ns', name: 's', keyType: 'byte-array' }
  }
  expect(recordToEvent(record([], 'x', Buffer.from([0, 255])), mapping)?.extensions.get('key')).toBe('AP8=')
})

test('a plain record keeps its headers but those without a value', () => {
  const event = recordToEvent(
    record([
      ['X-Header', 'x'],
      ['none', null],
      ['Content-Type', 'Text/CSV']
    ]),
    wrapped
  )
  expect(event?.datacontenttype).toBe('text/csv')
  expect([...(event?.extensions.keys() ?? [])]).toEqual([
    'kafkaheaderxheader',
    'knativekafkapartition',
    'knativekafkaoffset'
  ])
})

test('overrides win over everything', () => {
  const mapping = { ...wrapped, overrides: { knativekafkaoffset: 'mine', tenant: 'acme' } }
  const extensions = recordToEvent(record([...binary, ['ce_tenant', 'other']]), mapping)?.extensions
  expect(Object.fromEntries(extensions ?? [])).toMatchObject({ knativekafkaoffset: 'mine', tenant: 'acme' })
})
