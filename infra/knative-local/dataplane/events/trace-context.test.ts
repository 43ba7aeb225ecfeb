import { expect, test } from 'vitest'
import { continueTrace, traceOfHttp, traceOfRecord } from './trace-context.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const parentId = 'b7ad6b7169203331'
const parent = `00-${traceId}-${parentId}-01`

test('the trace continues under its id with a span of its own', () => {
  const first = sent({ traceparent: parent })[0]?.[1]
  const second = sent({ traceparent: parent })[0]?.[1]
  expect(first).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))
  expect(first).not.toContain(parentId)
  expect(second).not.toBe(first)
})

test.each([
  ['a later version', `01-${traceId}-${parentId}-01`],
  ['a later version with more fields', `01-${traceId}-${parentId}-01-what-the-future-will-be-like`]
])('%s is sent on as 00', (_what, traceparent) => {
  expect(sent({ traceparent })[0]?.[1]).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))
})

test.each([
  ['none', undefined],
  ['the version that is forbidden', `ff-${traceId}-${parentId}-01`],
  ['version 00 with more fields', `${parent}-more`],
  ['upper-case digits', parent.toUpperCase()],
  ['a trace id of zeros', `00-${'0'.repeat(32)}-${parentId}-01`],
  ['a span id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
  ['anything else', 'a-trace']
])('%s: no header is sent', (_what, traceparent) => {
  expect(sent({ traceparent, tracestate: 'a=1', baggage: 'b=2' })).toEqual([])
})

test('tracestate and baggage are passed on with it', () => {
  const headers = sent({
    traceparent: parent,
    tracestate: 'congo=t61rcWkgMzE , rojo=00f0',
    baggage: 'user=ada;p=1 , x=%20'
  })
  expect(headers.slice(1)).toEqual([
    ['tracestate', 'congo=t61rcWkgMzE,rojo=00f0'],
    ['baggage', 'user=ada;p=1,x=%20']
  ])
})

test.each([
  ['a member without a value', 'a=1,b'],
  ['a key in upper case', 'A=1'],
  ['33 members', Array.from({ length: 33 }, (_, i) => `k${i}=v`).join(',')],
  ['a control character', 'a=\u0001']
])('a tracestate with %s is left out', (_what, tracestate) => {
  expect(sent({ traceparent: parent, tracestate })).toHaveLength(1)
})

test('of baggage what no header can carry is left out, and all of it above 8,192 bytes', () => {
  expect(sent({ traceparent: parent, baggage: 'a=1,b=\u0001,=c,d,e=2' })[1]).toEqual(['baggage', 'a=1,e=2'])
  expect(sent({ traceparent: parent, baggage: `a=${'x'.repeat(8192)}` })).toHaveLength(1)
})

test('header names are found in any case, the first of several, in HTTP and in Kafka', () => {
  expect(traceOfHttp(['TraceParent', parent, 'traceparent', 'x', 'Baggage', 'a=1'])).toEqual({
    traceparent: parent,
    baggage: 'a=1'
  })
  const record = { topic: 't', partition: 0, offset: 0, timestampMs: 0n, key: null, value: null }
  const headers = [
    ['Traceparent', Buffer.from(parent)],
    ['traceparent', Buffer.from('x')],
    ['TRACESTATE', Buffer.from('a=1')]
  ] as const
  expect(traceOfRecord({ ...record, headers })).toEqual({ traceparent: parent, tracestate: 'a=1' })
})

const sent = continueTrace
