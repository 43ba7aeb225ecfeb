import fc from 'fast-check'
import { createServer, request } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listenOnLoopback } from './loopback.ts'
import { guarded } from './guard.ts'

const names = ['create-order.orders']
const server = createServer(guarded(names, (_, response) => response.end('taken')))
let port = 0

beforeAll(async () => void (port = await listenOnLoopback(server)))
afterAll(() => server.close())

test.each([
  '127.0.0.1',
  '127.0.0.1:8080',
  '127.1.2.3:8080',
  'localhost',
  'LOCALHOST:1',
  'localhost.:8080',
  'console.localhost:8080',
  '[::1]:8080',
  'create-order.orders.svc',
  'create-order.orders.svc.cluster.local',
  'Create-Order.orders.svc.cluster.local.:80'
])('Host %s is ours', async host => {
  for (const method of ['GET', 'POST']) expect(await send(method, { host })).toMatchObject({ status: 200 })
})

test.each([
  'evil.example',
  'evil.example:8080',
  'localhost.evil.example',
  'localhost@evil.example',
  'evil-localhost',
  '.localhost',
  '127.0.0.1.evil.example',
  '127.0.0.1.nip.io:8080',
  '0.0.0.0:8080',
  '[::]:8080',
  '128.0.0.1',
  '2130706433',
  'other.orders.svc.cluster.local',
  'create-order.orders.svc.cluster.local.evil.example',
  'create-order.orders.example.com',
  'svc.cluster.local',
  'create-order.orders', // a name that somebody may own
  ''
])('Host %j is misdirected, whatever is asked', async host => {
  for (const method of ['GET', 'POST', 'OPTIONS']) {
    expect(await send(method, { host })).toMatchObject({
      status: 421,
      text: expect.stringContaining('is not served here')
    })
  }
})

test('a target that names a host counts as that host, and two Hosts are refused', async () => {
  expect(await raw('GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\n')).toContain('HTTP/1.1 421')
  expect(await raw('GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n')).toContain('HTTP/1.1 200')
  expect(await raw('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n')).toContain('HTTP/1.1 400')
})

test.each([
  [{ origin: 'https://evil.example' }, 403],
  [{ origin: 'http://localhost.evil.example:3000' }, 403],
  [{ origin: 'http://evil.example/@localhost' }, 403],
  [{ origin: 'null' }, 403],
  [{ origin: 'file://' }, 403],
  [{ origin: '' }, 403],
  [{ 'sec-fetch-site': 'cross-site' }, 403],
  [{ origin: 'http://localhost:3000' }, 200],
  [{ origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'cross-site' }, 200],
  [{ origin: 'http://create-order.orders.svc.cluster.local' }, 200],
  [{ 'sec-fetch-site': 'same-origin' }, 200],
  [{ 'sec-fetch-site': 'none' }, 200],
  [{}, 200]
])('a change with %j gets %s, and a look is free', async (headers, status) => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    expect(await send(method, { host: 'localhost', ...headers })).toMatchObject({ status })
  }
  expect(await send('GET', { host: 'localhost', ...headers })).toMatchObject({ status: 200 })
})

test('a refusal is seen by a client that is still sending', async () => {
  const body = Buffer.alloc(8 * 1024 * 1024)
  expect(await send('POST', { host: 'evil.example' }, body)).toMatchObject({ status: 421 })
})

test('no other name gets in', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.domain(), fc.ipV4(), fc.webAuthority()), async name => {
      fc.pre(!/^127\.|localhost/i.test(name))
      expect(await send('POST', { host: name })).toMatchObject({ status: 421 })
    }),
    { numRuns: 200 }
  )
})

function send(method: string, headers: Record<string, string>, body?: Buffer) {
  return new Promise<{ status: number | undefined; text: string }>((fulfil, reject) => {
    const sent = request({ port, host: '127.0.0.1', method, headers, setHost: false }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => fulfil({ status: response.statusCode, text }))
    })
    sent.once('error', reject)
    sent.end(body)
  })
}

function raw(head: string): Promise<string> {
  return new Promise((fulfil, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(`${head}Connection: close\r\n\r\n`))
    let text = ''
    socket.on('data', chunk => (text += chunk.toString()))
    socket.once('close', () => fulfil(text))
    socket.once('error', reject)
  })
}
