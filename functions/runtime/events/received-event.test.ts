import fc from 'fast-check'
import type { IncomingHttpHeaders } from 'node:http'
import { expect, test } from 'vitest'
import { attributeValue } from './header-values.ts'
import { maxDepth } from './json.ts'
import { NotACloudEvent, readEvent } from './received-event.ts'
import recorded from './testing/func-invoke.json' with { type: 'json' }

const named = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/s', 'ce-type': 't' }
const whole = { specversion: '1.0', id: '1', source: '/s', type: 't' }
const structured = (envelope: object | string) =>
  readEvent(
    { 'content-type': 'application/cloudevents+json' },
    Buffer.from(typeof envelope === 'string' ? envelope : JSON.stringify(envelope))
  )
const binary = (headers: Record<string, string>) => readEvent({ ...named, ...headers }, Buffer.alloc(0))

// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#3132-http-header-values
test.each([
  ['Euro%20%E2%82%AC%20%F0%9F%98%80', 'Euro € 😀'],
  ['%41%62c', 'Abc'],
  ['100%', '100%'],
  ['%2', '%2'],
  ['%zz%41', '%zzA'],
  ['%2541', '%41'],
  ['"with \\"quotes\\" and \\\\"', 'with "quotes" and \\'],
  ['"%41"', 'A'],
  ['100% "x"', '100% "x"'],
  [Buffer.from('東京').toString('latin1'), '東京'],
  [Buffer.from('Zoë').toString('latin1'), 'Zoë'],
  ['Zo\u00eb', 'Zoë'],
  ['%ff', undefined],
  ['%C0%A0', undefined],
  ['%ED%A0%80', undefined],
  ['a%E2%82', undefined]
])('the header value %s is read as %s', (sent, read) => {
  expect(attributeValue(sent)).toBe(read)
})

test('an attribute that is percent-encoded, but not as UTF-8, is refused by its name', () => {
  for (const name of ['ce-id', 'ce-source', 'ce-type', 'ce-subject', 'ce-anything']) {
    expect(() => binary({ [name]: 'a%ff' })).toThrow(`${name} is percent-encoded, but not as UTF-8`)
  }
  expect(() => binary({ 'ce-id': '%00' })).toThrow('not text')
})

test('any text is the same attribute in binary and in structured mode', () => {
  const text = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 100 })
    .filter(value => value.isWellFormed() && !value.includes('\0'))
  fc.assert(
    fc.property(text, text, (id, subject) => {
      const sent = { 'ce-id': encodeURIComponent(id), 'ce-subject': encodeURIComponent(subject) }
      const { attributes } = structured({ ...whole, id, subject })
      expect(binary(sent).attributes).toEqual(attributes)
    })
  )
})

test('whatever comes is an event or is refused as none', () => {
  const header = fc.string({ unit: 'binary' }).map(value => Buffer.from(value).toString('latin1'))
  const headers = fc.dictionary(
    fc.constantFrom(...Object.keys(named), 'ce-subject', 'ce-time', 'ce-data', 'ce-__proto__', 'content-type'),
    header
  )
  const body = fc.oneof(
    fc.uint8Array().map(bytes => Buffer.from(bytes)),
    fc.json().map(text => Buffer.from(text)),
    fc
      .record({ id: fc.jsonValue(), data: fc.jsonValue(), data_base64: fc.jsonValue(), __proto__: fc.jsonValue() })
      .map(fields => Buffer.from(JSON.stringify({ ...whole, ...fields })))
  )
  const mode = fc.constantFrom({}, { 'content-type': 'application/cloudevents+json' })
  fc.assert(
    fc.property(headers, mode, body, (sent, contentType, bytes) => {
      const read = readOrRefuse({ ...named, ...sent, ...contentType }, bytes)
      const texts = read instanceof NotACloudEvent ? [read.message] : Object.values(read.attributes)
      return texts.every(text => text.isWellFormed() && !text.includes('\0') && text.length < 9_000)
    }),
    { numRuns: 200 }
  )
})

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
const enveloped = (data: string) => `{"specversion":"1.0","id":"1","source":"/s","type":"t","data":${data}}`

test.each([
  ['nested deeper than anything needs', enveloped(nested(10_000)), 'nested more than'],
  ['nested in an extension', enveloped(`1,"extra":${nested(10_000)}`), 'nested more than'],
  ['cut in the middle of its nesting', enveloped('['.repeat(200_000)), 'nested more than'],
  ['no JSON', '{', 'not valid JSON'],
  ['no object', '[]', 'not a JSON object'],
  ['with data that is no base64', JSON.stringify({ ...whole, data_base64: 'a b!' }), 'not base64'],
  ['with an attribute that is no scalar', JSON.stringify({ ...whole, ['x'.repeat(5_000)]: {} }), 'not a scalar']
])('a structured event that is %s is refused in words', (_what, body, words) => {
  expect(() => structured(body)).toThrow(words)
})

test('brackets in a text are no nesting, and events may nest as deep as they need', () => {
  expect(structured({ ...whole, data: '[{"\\'.repeat(1_000) }).id).toBe('1')
  expect(structured(enveloped(nested(maxDepth - 1))).data.toString()).toBe(nested(maxDepth - 1))
})

test('a structured event whose bytes are no UTF-8 is refused', () => {
  const body = Buffer.concat([Buffer.from('{"id":"'), Buffer.from([0xff]), Buffer.from('"}')])
  expect(() => readEvent({ 'content-type': 'application/cloudevents+json' }, body)).toThrow('not valid JSON')
})

test('what `func invoke` sends is read as its user typed it', () => {
  const read = recorded.requests.map(({ arguments: typed, headers, bodyBase64 }) => {
    try {
      const { attributes, data } = readEvent(headers, Buffer.from(bodyBase64, 'base64'))
      const { id, source, type, note, a, b, traceid, datacontenttype } = attributes
      return { typed: typed.join(' '), id, source, type, note, a, b, traceid, datacontenttype, data: data.toString() }
    } catch (error) {
      return { typed: typed.join(' '), refused: String(error) }
    }
  })
  expect(read.map(one => JSON.stringify(one)).join('\n')).toMatchInlineSnapshot(`
    "{"typed":"","id":"c9c1ec47-2001-4268-9b9d-0dbba8b9bd44","source":"/boson/fn","type":"boson.fn","datacontenttype":"application/json","data":"{\\"message\\":\\"Hello World\\"}"}
    {"typed":"--type com.example.order.placed --id o-1 --source /shop/checkout --data {\\"orderId\\":\\"o-1\\"}","id":"o-1","source":"/shop/checkout","type":"com.example.order.placed","datacontenttype":"application/json","data":"{\\"orderId\\":\\"o-1\\"}"}
    {"typed":"--file p.json --content-type application/vnd.order+json","id":"cf615526-7267-4139-a90b-5c31dd1bdc72","source":"/boson/fn","type":"boson.fn","datacontenttype":"application/vnd.order+json","data":"{\\"orderId\\":\\"o-1\\",\\"total\\":12.5}"}
    {"typed":"--file p.bin --content-type image/jpeg","id":"e376fcd3-573a-45d7-a313-10a66524f8f4","source":"/boson/fn","type":"boson.fn","datacontenttype":"image/jpeg","data":"����\\u0000\\u0001\\u0002"}
    {"typed":"--data hello","id":"83fc423d-1e4c-4d97-bbca-2dc1a2c6ac2a","source":"/boson/fn","type":"boson.fn","datacontenttype":"application/json","data":"hello"}
    {"typed":"--data ","id":"d6aae781-0814-4cd7-bf49-088fda58de0d","source":"/boson/fn","type":"boson.fn","datacontenttype":"application/json","data":""}
    {"typed":"--data {\\"n\\":\\"Zoë ☕\\"} --type größe.ändern --source /Größe/☕ --extension note=Zoë ☕ 100%","id":"2605ca74-6623-42eb-bae4-0537ab3332df","source":"/Größe/☕","type":"größe.ändern","note":"Zoë ☕ 100%","datacontenttype":"application/json","data":"{\\"n\\":\\"Zoë ☕\\"}"}
    {"typed":"--type a b --id 100% \\"x\\" --source /a%20b","id":"100% \\"x\\"","source":"/a b","type":"a b","datacontenttype":"application/json","data":"{\\"message\\":\\"Hello World\\"}"}
    {"typed":"-e a=1,b=2","id":"d37bbf5c-c782-4590-a4db-4b23ba3b6ef4","source":"/boson/fn","type":"boson.fn","a":"1","b":"2","datacontenttype":"application/json","data":"{\\"message\\":\\"Hello World\\"}"}
    {"typed":"-e TraceId=abc","id":"4fe2fb89-a541-487d-833c-876b1551d5a6","source":"/boson/fn","type":"boson.fn","traceid":"abc","datacontenttype":"application/json","data":"{\\"message\\":\\"Hello World\\"}"}
    {"typed":"-f http","refused":"Error: not a CloudEvent: specversion, id, source, type missing"}
    {"typed":"--request-type GET","id":"7060c874-d7a9-43e5-877e-2a23c2409d7a","source":"/boson/fn","type":"boson.fn","datacontenttype":"application/json","data":""}"
  `)
})

/** Anything else that is thrown fails the test. */
function readOrRefuse(headers: IncomingHttpHeaders, body: Buffer) {
  try {
    return readEvent(headers, body)
  } catch (error) {
    if (error instanceof NotACloudEvent) return error
    throw error
  }
}
