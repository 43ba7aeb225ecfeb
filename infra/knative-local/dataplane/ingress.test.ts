// Answers of the ingress that the recordings do not show.
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import type { NewRecord } from './event-to-record.ts'
import { listen } from './ingress.ts'

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
  const taken = listen(Number(new URL(url).port), '--ingress-port', () => new Map(), nowhere, pino({ enabled: false }))
  await expect(taken).rejects.toThrow(/is in use. Give another one: --ingress-port N/)
})

const nowhere = { write: async () => {}, close: async () => {} }

async function start(write?: () => Promise<void>): Promise<{ url: string; written: NewRecord[] }> {
  const written: NewRecord[] = []
  const writer = {
    write: write ?? (async (_topic: string, record: NewRecord) => void written.push(record)),
    close: async () => {}
  }
  const ingresses = new Map([['/ns/broker', { topic: 'topic', contentMode: 'binary' as const }]])
  const server = await listen(0, '--ingress-port', () => ingresses, writer, pino({ enabled: false }))
  onTestFinished(() => server.close())
  return { url: `http://127.0.0.1:${server.port}`, written }
}
