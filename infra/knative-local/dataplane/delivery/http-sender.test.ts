// The HTTP client on real sockets: what leaves it byte by byte, and how an attempt can end.
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import type { CloudEvent } from '../events/cloud-event.ts'
import { eventToRequest } from '../events/event-to-request.ts'
import { createHttpSender } from './http-sender.ts'

const event: CloudEvent = {
  specversion: '1.0',
  id: 'ü €',
  source: '/source',
  type: 'a.type',
  extensions: new Map([['tenant', 'acme']]),
  data: Buffer.from('hello')
}
const TIMEOUT_MS = 5000

test('the request is in binary mode, its attributes Latin-1 and not percent-encoded', async () => {
  const { url, received } = await rawServer('HTTP/1.1 204 No Content\r\n\r\n')
  await sender().send(`${url}/a/b?c=d`, eventToRequest(event, 'orders', [['traceparent', '00-trace']]), TIMEOUT_MS)
  const lines = (await received).toString('latin1').split('\r\n')
  expect(lines[0]).toBe('POST /a/b?c=d HTTP/1.1')
  expect(lines.filter(line => !/^(host|connection):/i.test(line))).toEqual([
    'POST /a/b?c=d HTTP/1.1',
    'Prefer: reply',
    'Kn-Namespace: orders',
    'ce-specversion: 1.0',
    'ce-id: ü ?',
    'ce-source: /source',
    'ce-type: a.type',
    'ce-tenant: acme',
    'traceparent: 00-trace',
    'content-length: 5',
    '',
    'hello'
  ])
})

test('no data is no body and no length, empty data is a length of 0', async () => {
  const none = await rawServer('HTTP/1.1 204 No Content\r\n\r\n')
  await sender().send(none.url, eventToRequest({ ...event, data: null }, 'ns'), TIMEOUT_MS)
  expect((await none.received).toString().toLowerCase()).not.toMatch(/content-length|transfer-encoding/)
  const empty = await rawServer('HTTP/1.1 204 No Content\r\n\r\n')
  await sender().send(empty.url, eventToRequest({ ...event, data: Buffer.alloc(0) }, 'ns'), TIMEOUT_MS)
  expect((await empty.received).toString()).toContain('content-length: 0\r\n')
})

test('a response has its status, its headers as they came and its body', async () => {
  const { url } = await rawServer('HTTP/1.1 500 No\r\nKne-Reason: user-not-found\r\ncontent-length: 4\r\n\r\nbody')
  const response = await sender().send(url, eventToRequest(event, 'ns'), TIMEOUT_MS)
  expect(response).toEqual({
    status: 500,
    headers: ['kne-reason', 'user-not-found', 'content-length', '4'],
    body: Buffer.from('body'),
    truncated: false
  })
})

test('303 is followed as a GET with the headers of the event', async () => {
  const requests: IncomingMessage[] = []
  const url = await httpServer((request, response) => {
    requests.push(request)
    if (request.url === '/') response.writeHead(303, { location: '/elsewhere' }).end('see there')
    else response.writeHead(200).end('here')
  })
  const response = await sender().send(url, eventToRequest(event, 'ns'), TIMEOUT_MS)
  expect([response.status, response.body.toString()]).toEqual([200, 'here'])
  expect(requests.map(({ method, url: path }) => `${method} ${path}`)).toEqual(['POST /', 'GET /elsewhere'])
  expect(requests[1]?.headers).toMatchObject({ 'ce-type': 'a.type', 'kn-namespace': 'ns' })
  expect(requests[1]?.headers['content-length']).toBeUndefined()
})

test('redirects are followed sixteen times at most', async () => {
  let requests = 0
  const url = await httpServer((_request, response) => {
    requests++
    response.writeHead(303, { location: '/again' }).end()
  })
  expect((await sender().send(url, eventToRequest(event, 'ns'), TIMEOUT_MS)).status).toBe(303)
  expect(requests).toBe(17)
})

test.each([301, 302, 307, 308])('%i is not followed', async status => {
  const url = await httpServer((_request, response) => void response.writeHead(status, { location: '/other' }).end())
  expect((await sender().send(url, eventToRequest(event, 'ns'), TIMEOUT_MS)).status).toBe(status)
})

test.each([Buffer.from('x'), null])(
  'no answer in time fails the attempt and ends its connection (data %s)',
  async data => {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const closed = once(server, 'connection').then(([socket]: Socket[]) => {
      socket?.resume()
      return socket === undefined ? undefined : once(socket, 'close')
    })
    await expect(sender().send(urlOf(server), eventToRequest({ ...event, data }, 'ns'), 50)).rejects.toThrow(
      'no answer within 50 ms'
    )
    await closed
  }
)

test('a body that never ends fails in time as well', async () => {
  const url = await httpServer((_request, response) => void response.writeHead(200).write('and then'))
  await expect(sender().send(url, eventToRequest(event, 'ns'), 50)).rejects.toThrow('no answer within 50 ms')
})

test('a refused and a broken connection fail the attempt', async () => {
  const refused = sender().send('http://127.0.0.9:9/', eventToRequest(event, 'ns'), TIMEOUT_MS)
  await expect(refused).rejects.toThrow('ECONNREFUSED')
  const url = await httpServer(request => void request.socket.destroy())
  const broken = sender().send(url, eventToRequest(event, 'ns'), TIMEOUT_MS)
  await expect(broken).rejects.toThrow(/other side closed|ECONNRESET/)
})

test('of a large response body only as much is kept as fits a record', async () => {
  const url = await httpServer((_request, response) => void response.writeHead(500).end(Buffer.alloc(3 * 1024 * 1024)))
  const response = await sender().send(url, eventToRequest(event, 'ns'), TIMEOUT_MS)
  expect(response.body.length).toBeLessThanOrEqual(1024 * 1024)
  expect(response.truncated).toBe(true)
})

function sender() {
  const created = createHttpSender()
  onTestFinished(() => created.destroy())
  return created
}

/** Answers anything with these bytes once it has come, and keeps what came. */
async function rawServer(answer: string): Promise<{ url: string; received: Promise<Buffer> }> {
  const { promise, resolve } = Promise.withResolvers<Buffer>()
  const server = createServer(socket => {
    let bytes = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', chunk => {
      bytes = Buffer.concat([bytes, chunk])
      const end = bytes.indexOf('\r\n\r\n')
      if (end === -1) return
      const length = Number(/content-length: (\d+)/i.exec(bytes.toString('latin1'))?.[1] ?? 0)
      if (bytes.length < end + 4 + length) return
      resolve(bytes)
      socket.end(answer)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { url: urlOf(server), received: promise }
}

async function httpServer(handler: Parameters<typeof createHttpServer>[1]): Promise<string> {
  const server = createHttpServer(handler)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return urlOf(server)
}

function urlOf(server: { address(): ReturnType<ReturnType<typeof createServer>['address']> }): string {
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}
