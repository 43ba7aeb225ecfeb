// Answers of the ingress that the recordings do not show.
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import type { NewRecord } from '../events/event-to-record.ts'
import { eventBudget, letterBudget } from '../events/header-budget.ts'
import { brokerIngress, listen } from './ingress.ts'

const structured = { 'content-type': 'application/cloudevents+json' }
const json = (more: object): string => JSON.stringify({ specversion: '1.0', id: 'i', source: '/s', type: 't', ...more })
const event = { 'ce-specversion': '1.0', 'ce-id': 'an-id', 'ce-source': '/source', 'ce-type': 'a.type' }

test('an event that cannot be written is answered with 503, so that the sender tries again', async () => {
  const { url } = await start(() => Promise.reject(new Error('no leader')))
  expect((await fetch(`${url}/ns/broker`, { method: 'POST', headers: event })).status).toBe(503)
})

test('a body beyond the limit is answered with 503, as by the original, once all of it has come', async () => {
  const { url, written } = await start()
  const response = await fetch(`${url}/ns/broker`, {
    method: 'POST',
    headers: event,
    body: Buffer.alloc(3 * 1024 * 1024)
  })
  expect(response.status).toBe(503)
  expect(written).toEqual([])
})

test("the control plane's probe is answered with its hash", async () => {
  const { url } = await start()
  const headers = { 'K-Network-Probe': 'probe', 'K-Network-Hash': 'a-hash' }
  const response = await fetch(`${url}/ns/broker`, { headers })
  expect([response.status, response.headers.get('K-Network-Hash')]).toEqual([200, 'a-hash'])
  expect((await fetch(`${url}/ns/other`, { headers })).status).toBe(404)
})

test('any method but POST is answered with 405, before the path is looked at', async () => {
  const { url } = await start()
  expect((await fetch(`${url}/ns/nothing`, { method: 'PUT' })).status).toBe(405)
  expect((await fetch(`${url}/ns/broker`)).status).toBe(405)
})

test('liveness and readiness are answered', async () => {
  const { url } = await start()
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
})

test('a sender may keep its connection for longer than senders do', async () => {
  const { url } = await start()
  expect((await fetch(`${url}/healthz`)).headers.get('keep-alive')).toBe('timeout=75')
})

test('the key is the partitionkey, whatever its JSON type', async () => {
  const { url, written } = await start()
  const body = JSON.stringify({ specversion: '1.0', id: 'i', source: '/s', type: 't', partitionkey: 5 })
  await fetch(`${url}/ns/broker`, { method: 'POST', headers: { 'content-type': 'application/cloudevents+json' }, body })
  expect(written[0]?.key).toBe('5')
})

test('a port that is taken says so, and what to do', async () => {
  const { url } = await start()
  const taken = listen(Number(new URL(url).port), brokerIngress, () => new Map(), pino({ enabled: false }))
  await expect(taken).rejects.toThrow(/is in use. Give another one: --ingress-port N/)
})

/** All that comes back for an event under this request line. */
async function exchange(url: string, requestLine: string, headers = ''): Promise<string> {
  const { port, host } = new URL(url)
  const socket = connect(Number(port), '127.0.0.1')
  const attributes = Object.entries(event).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(
    `${requestLine}\r\nHost: ${host}\r\nConnection: close\r\n${headers}${attributes.join('')}Content-Length: 0\r\n\r\n`
  )
  return text(socket)
}

async function start(
  write?: () => Promise<void>,
  budget = eventBudget
): Promise<{ url: string; written: NewRecord[] }> {
  const written: NewRecord[] = []
  const ingress = {
    topic: 'topic',
    contentMode: 'binary' as const,
    budget,
    write: write ?? (async (record: NewRecord) => void written.push(record))
  }
  const ingresses = new Map([['/ns/broker', ingress]])
  const server = await listen(0, brokerIngress, () => ingresses, pino({ enabled: false }))
  onTestFinished(() => server.close())
  return { url: `http://127.0.0.1:${server.port}`, written }
}

// What no request could carry on the whole way is refused where it comes in, with the reason.
test.each<[string, Record<string, string>, string | Buffer | undefined, RegExp]>([
  [
    'two attributes of 7,900 bytes',
    { 'ce-a': 'x'.repeat(7900), 'ce-b': 'x'.repeat(7900) },
    undefined,
    /take 1\d{4} bytes/
  ],
  [
    '20 KB of attributes',
    Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`ce-a${i}`, 'x'.repeat(1000)])),
    undefined,
    /at most 8192/
  ],
  ['a partitionkey of 40 KB', { 'ce-partitionkey': 'k'.repeat(40_000) }, undefined, /at most 8192/],
  [
    '65 extension attributes',
    Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`ce-a${i}`, 'x'])),
    undefined,
    /has 65 extension attributes; at most 64/
  ],
  [
    '3,000 attributes',
    Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`ce-a${i}`, 'x'])),
    undefined,
    /has 3000 extension attributes/
  ],
  ['a newline in a structured subject', structured, json({ subject: 'a\nb' }), /subject has a control character/],
  [
    'a control character in a structured extension',
    structured,
    json({ tenant: '\u0000' }),
    /tenant has a control character/
  ],
  ['a structured id of 9 KB', structured, json({ id: 'i'.repeat(9000) }), /at most 8192/],
  [
    '1,001 levels of JSON in binary mode',
    { 'content-type': 'application/json' },
    '['.repeat(8192),
    /deeper than 1000 levels/
  ],
  ['the same without a content type', {}, Buffer.from('{"a":'.repeat(1001)), /deeper than 1000 levels/],
  [
    'the same as base64',
    structured,
    json({ data_base64: Buffer.from('['.repeat(1001)).toString('base64') }),
    /deeper than 1000/
  ],
  [
    'the same in structured mode',
    structured,
    json({}).slice(0, -1) + `,"data":${'['.repeat(5000)}`,
    /nested deeper than 1000/
  ],
  [
    'a structured body that is not UTF-8',
    structured,
    Buffer.concat([Buffer.from('{"specversion":"1.0","id":"\xff","source":"/s","type":"t"}', 'latin1')]),
    /not a CloudEvent/
  ]
])('%s: 400', async (_what, headers, body, reason) => {
  const { url, written } = await start()
  const response = await fetch(`${url}/ns/broker`, {
    method: 'POST',
    headers: { ...(headers === structured ? {} : event), ...headers },
    body
  })
  expect([response.status, await response.text()]).toEqual([400, expect.stringMatching(reason)])
  expect(written).toEqual([])
  expect((await fetch(`${url}/ns/broker`, { method: 'POST', headers: event })).status).toBe(202)
})

test('headers beyond all budgets are answered with 431, and the next event is taken', async () => {
  const { url } = await start()
  expect(
    (await fetch(`${url}/ns/broker`, { method: 'POST', headers: { ...event, 'ce-a': 'x'.repeat(199_000) } })).status
  ).toBe(431)
  expect((await fetch(`${url}/ns/broker`, { method: 'POST', headers: event })).status).toBe(202)
})

test('1,000 levels of JSON and 8 KB of attributes are taken', async () => {
  const { url } = await start()
  const headers = { ...event, 'content-type': 'application/json', 'ce-a': 'x'.repeat(7900) }
  const body = '['.repeat(1000) + ']'.repeat(1000)
  expect((await fetch(`${url}/ns/broker`, { method: 'POST', headers, body })).status).toBe(202)
})

test('a KafkaSink takes what a dead letter adds to the largest event', async () => {
  const { url } = await start(undefined, letterBudget)
  const headers = {
    ...event,
    'ce-a': 'x'.repeat(7900),
    'ce-knativeerrordata': 'x'.repeat(1368),
    'ce-detail': 'x'.repeat(4000)
  }
  expect((await fetch(`${url}/ns/broker`, { method: 'POST', headers })).status).toBe(202)
})

test('a request target in absolute form is the same as its path', async () => {
  const { url, written } = await start()
  expect(await exchange(url, `POST ${url}/ns/broker?x=y HTTP/1.1`)).toMatch(/^HTTP\/1.1 202 /)
  expect(await exchange(url, `POST http://localhost:80/ns/other HTTP/1.1`)).toMatch(/^HTTP\/1.1 404 /)
  expect(await exchange(url, `GET ${url}/healthz HTTP/1.1`)).toMatch(/^HTTP\/1.1 200 /)
  expect(written).toHaveLength(1)
})

test('HEAD is no probe and no event: 405, as by the original', async () => {
  const { url } = await start()
  for (const path of ['/healthz', '/readyz', '/ns/broker']) {
    expect((await fetch(`${url}${path}`, { method: 'HEAD' })).status).toBe(405)
  }
})

test('Expect: 100-continue, like any expectation, gets the final answer alone, as by the original', async () => {
  const { url } = await start()
  expect(await exchange(url, 'POST /ns/broker HTTP/1.1', 'Expect: 100-continue\r\n')).toMatch(/^HTTP\/1.1 202 /)
  expect(await exchange(url, 'POST /ns/other HTTP/1.1', 'Expect: 100-continue\r\n')).toMatch(/^HTTP\/1.1 404 /)
  expect(await exchange(url, 'POST /ns/broker HTTP/1.1', 'Expect: the-unknown\r\n')).toMatch(/^HTTP\/1.1 202 /)
})
