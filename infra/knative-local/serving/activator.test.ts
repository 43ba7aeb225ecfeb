import { once } from 'node:events'
import { createServer, type RequestListener, request as httpRequest } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { until } from '../until.ts'
import { freePort } from '../testing/free-ports.ts'
import { type Activator, type Limits, startActivator } from './activator.ts'

test('a request and its answer pass through with their headers and bytes', async () => {
  const { url } = await activatorBefore((request, response) => {
    response.writeHead(418, { 'x-from': 'function', 'ce-type': request.headers['ce-type'] })
    request.pipe(response)
  })
  const body = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
  const response = await fetch(`${url}/path?query=1`, { method: 'POST', body, headers: { 'ce-type': 'an.event' } })

  expect(response.status).toBe(418)
  expect(response.headers.get('x-from')).toBe('function')
  expect(response.headers.get('ce-type')).toBe('an.event')
  expect(Buffer.from(await response.arrayBuffer())).toEqual(body)
})

test('a body larger than what is kept in memory is streamed in both directions', async () => {
  const { url } = await activatorBefore((request, response) => void request.pipe(response))
  const body = Buffer.alloc(5 * 1024 * 1024, 'x')
  const response = await fetch(url, { method: 'POST', body })
  expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true)
})

test.each(['content-length', 'chunked'])('a refusal reaches a client that is still sending (%s)', async transfer => {
  const { port } = await activatorBefore((request, response) => {
    response.writeHead(413, { 'content-length': 3 }).end('big')
    request.resume()
  })
  const sending = httpRequest({
    port,
    method: 'POST',
    headers: transfer === 'chunked' ? { 'transfer-encoding': 'chunked' } : { 'content-length': 2 * 1024 * 1024 }
  })
  sending.on('error', () => undefined) // the connection may go once the answer is there
  sending.write(Buffer.alloc(1024 * 1024 + 1)) // more than is kept
  const [response] = await once(sending, 'response')
  expect(response.statusCode).toBe(413)
  sending.destroy()
})

test('requests wait while there is no instance, and all are answered when one comes', async () => {
  const wake = vi.fn<() => void>()
  const { url, activator } = await activatorWithout({}, wake)
  const answers = Array.from({ length: 20 }, () => fetch(url, { method: 'POST', body: 'event' }))
  await until('the requests to be held', 5_000, async () => activator.inFlight() === 20)
  expect(wake).toHaveBeenCalled()

  activator.setTarget(await listen((request, response) => void request.pipe(response)))
  const bodies = await Promise.all(answers.map(async answer => (await answer).text()))
  expect(bodies).toEqual(Array.from({ length: 20 }, () => 'event'))
})

test('a request that no instance takes in time is refused with 503 and Retry-After', async () => {
  const { url } = await activatorWithout({ timeoutMs: 50 })
  const response = await fetch(url)
  expect(response.status).toBe(503)
  expect(response.headers.get('retry-after')).toBe('1')
})

test('requests beyond the waiting room are refused with 503', async () => {
  const { url, activator } = await activatorWithout({ timeoutMs: 60_000 })
  const waiting = Array.from({ length: 1_000 }, () => fetch(url))
  await until('the waiting room to fill', 20_000, async () => activator.inFlight() === 1_000)
  expect((await fetch(url)).status).toBe(503)

  activator.setTarget(await listen((_, response) => void response.end()))
  const statuses = await Promise.all(waiting.map(async answer => (await answer).status))
  expect(new Set(statuses)).toEqual(new Set([200]))
})

test('no more than containerConcurrency requests are with the instance', async () => {
  let now = 0
  let most = 0
  const { url } = await activatorBefore(
    async (_, response) => {
      most = Math.max(most, ++now)
      await sleep(5)
      now -= 1
      response.end()
    },
    { containerConcurrency: 3 }
  )
  await Promise.all(Array.from({ length: 30 }, () => fetch(url)))
  expect(most).toBe(3)
})

test('a function that does not answer in time is cut off with 504', async () => {
  const { url } = await activatorBefore(() => undefined, { timeoutMs: 50 })
  expect((await fetch(url)).status).toBe(504)
})

test('an instance that ends before it answers gives 502', async () => {
  const { url } = await activatorBefore(request => void request.socket.destroy())
  expect((await fetch(url, { method: 'POST', body: 'event' })).status).toBe(502)
})

test('a request that met a closed port waits for the next instance', async () => {
  const gone = await freePort()
  const { url, activator } = await activatorWithout({})
  activator.setTarget(gone)
  const answer = fetch(url, { method: 'POST', body: 'event' })
  await until('the request to be held', 5_000, async () => activator.inFlight() === 1)
  activator.setTarget(await listen((_, response) => void response.end('from the next one')))
  expect(await (await answer).text()).toBe('from the next one')
})

test('no request is lost when instances are swapped under load, and the old one finishes what it has', async () => {
  const slow: RequestListener = async (_, response) => {
    await sleep(3)
    response.end('ok')
  }
  const { url, activator } = await activatorWithout({})
  activator.setTarget(await listen(slow))
  const swapping = new AbortController()
  const statuses: number[] = []
  const clients = Array.from({ length: 8 }, async () => {
    while (!swapping.signal.aborted) statuses.push((await fetch(url, { method: 'POST', body: 'event' })).status)
  })
  for (let swap = 1; swap <= 5; swap++) {
    const next = statuses.length + 30
    await until('requests to pass', 10_000, async () => statuses.length >= next, { everyMs: 2 })
    activator.setTarget(await listen(slow))
  }
  swapping.abort()
  await Promise.all(clients)
  expect(new Set(statuses)).toEqual(new Set([200]))
})

test('stopping lets requests in flight finish', async () => {
  const gate = Promise.withResolvers<void>()
  const { url, activator } = await activatorBefore(async (_, response) => {
    await gate.promise
    response.end('done')
  })
  const answer = fetch(url)
  await until('the request to arrive', 5_000, async () => activator.inFlight() === 1)
  const stopped = activator.stop(5_000)
  gate.resolve()
  expect(await (await answer).text()).toBe('done')
  await stopped
})

test.each([
  [100, 'Continue'],
  [102, 'Processing'],
  [103, 'Early Hints'],
  [199, 'Whatever']
])('a function that answers %i first is reached, and the client sees it', async (status, reason) => {
  const { port } = await activatorBefore((_, response) => {
    response.socket?.write(`HTTP/1.1 ${status} ${reason}\r\nlink: </style.css>; rel=preload\r\n\r\n`)
    response.end('done')
  })
  const answer = await talk(port, 'GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n')
  expect(answer).toMatch(
    new RegExp(`^HTTP/1.1 ${status} ${reason}\r\nlink: </style.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\n`)
  )
  expect(answer).toMatch(/done$/)
})

test('a 1xx of a second request waits for the answer to the first', async () => {
  const { port } = await activatorBefore(async (request, response) => {
    if (request.url === '/first') await sleep(100)
    else response.writeEarlyHints({ link: '</style.css>; rel=preload' })
    response.end(request.url)
  })
  const get = (path: string, connection: string) =>
    `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: ${connection}\r\n\r\n`
  const answer = await talk(port, get('/first', 'keep-alive') + get('/second', 'close'))
  expect(answer).toMatch(
    /^HTTP\/1.1 200 OK[\s\S]*\/firstHTTP\/1.1 103 Early Hints[\s\S]*HTTP\/1.1 200 OK[\s\S]*\/second$/
  )
})

test('a client of HTTP/1.0 sees no 1xx, and one that expects 100-continue does before it sends', async () => {
  const { port } = await activatorBefore((request, response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload' })
    request.pipe(response)
  })
  expect(await talk(port, 'GET / HTTP/1.0\r\nhost: localhost\r\n\r\n')).toMatch(/^HTTP\/1.1 200 OK/)

  const sending = httpRequest({ port, method: 'POST', headers: { expect: '100-continue', 'content-length': 5 } })
  sending.flushHeaders()
  await once(sending, 'continue')
  sending.end('hello')
  const [response] = await once(sending, 'response')
  expect(await text(response)).toBe('hello')
})

test.each([
  ['GET http://localhost/path?q=1 HTTP/1.1\r\nhost: 127.0.0.1', 'GET /path?q=1 localhost'],
  ['GET http://127.0.0.1:1 HTTP/1.1\r\nhost: localhost', 'GET / 127.0.0.1:1'],
  ['GET HTTP://LOCALHOST?q HTTP/1.1\r\nhost: localhost', 'GET /?q LOCALHOST'],
  ['OPTIONS /path HTTP/1.1\r\nhost: localhost', 'OPTIONS /path localhost']
])('%j reaches the function as what it asks for', async (head, seen) => {
  const { port } = await activatorBefore((request, response) => {
    response.end(`${request.method} ${request.url} ${request.headers.host}`)
  })
  expect(await talk(port, `${head}\r\nconnection: close\r\n\r\n`)).toContain(`\r\n\r\n${seen}`)
})

test.each([
  ['OPTIONS * HTTP/1.1\r\nhost: localhost', 405],
  ['GET * HTTP/1.1\r\nhost: localhost', 400],
  ['GET ftp://localhost/ HTTP/1.1\r\nhost: localhost', 400],
  ['GET / HTTP/1.1\r\nhost: localhost\r\nhost: localhost', 400],
  ['GET / HTTP/1.1', 400],
  ['CONNECT localhost:80 HTTP/1.1\r\nhost: localhost', 405],
  ['GET / HTTP/1.1\r\nhost: evil.example.com', 421]
])('%j is refused with %i', async (head, status) => {
  const { port } = await activatorBefore((_, response) => void response.end('reached'))
  const answer = await talk(port, `${head}\r\nconnection: close\r\n\r\n`)
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(answer).not.toContain('reached')
})

test('HEAD is answered with the headers of GET and no body, and the connection continues', async () => {
  const { port } = await activatorBefore(
    (_, response) => void response.writeHead(200, { 'content-length': 4 }).end('body')
  )
  const head = 'HEAD / HTTP/1.1\r\nhost: localhost\r\n\r\n'
  const answer = await talk(port, `${head}${head.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n')}`)
  expect(answer.match(/content-length: 4/g)).toHaveLength(2)
  expect(answer).not.toContain('body')
})

test('headers keep their case, order and repeats, and those of one connection stay on it', async () => {
  const { port } = await activatorBefore((request, response) => {
    response.writeHead(200, [
      'Set-Cookie',
      'a',
      'X-One',
      '1',
      'Set-Cookie',
      'b',
      'Connection',
      'x-hop',
      'X-Hop',
      'here'
    ])
    response.end(JSON.stringify(request.rawHeaders))
  })
  const answer = await talk(
    port,
    'GET / HTTP/1.1\r\nHost: localhost\r\nCe-Id: 1\r\nX-A: 1\r\nX-A: 2\r\nConnection: close, x-mine\r\nX-Mine: 1\r\n\r\n'
  )
  expect(answer).toContain('Set-Cookie: a\r\nX-One: 1\r\nSet-Cookie: b\r\n')
  expect(answer).not.toContain('X-Hop')
  expect(answer).toContain('["Host","localhost","Ce-Id","1","X-A","1","X-A","2","x-forwarded-for","127.0.0.1"')
})

test.each([
  ['with a length', 'content-length: 20000'],
  ['in chunks', 'transfer-encoding: chunked'],
  ['of a megabyte', 'content-length: 900000'],
  ['larger than what is kept', 'content-length: 5000000']
])('slow bodies %s take nothing from others', async (_, header) => {
  const { port, url, activator } = await activatorBefore(
    (request, response) => void request.resume().once('end', () => response.end('ok')),
    {
      containerConcurrency: 10
    }
  )
  const start = header.includes('chunked') ? '5\r\nslow!\r\n' : 'x'.repeat(header.includes('5000000') ? 1_100_000 : 10)
  const slow = Array.from({ length: 60 }, () => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(`POST / HTTP/1.1\r\nhost: localhost\r\n${header}\r\n\r\n${start}`)
    return socket
  })
  onTestFinished(() => slow.forEach(socket => socket.destroy()))
  await until('them to be there', 10_000, async () => activator.inFlight() === 60)
  const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(url, { method: 'POST', body: 'quick' })))
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200))
})

test('of more bodies that do not end than are kept, the oldest is let go', async () => {
  const { port, url, activator } = await activatorBefore((request, response) => void request.pipe(response))
  const slow: Socket[] = []
  onTestFinished(() => slow.forEach(socket => socket.destroy()))
  const first = talk(port, 'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\nx')
  await until('the first', 10_000, async () => activator.inFlight() === 1)
  for (let count = 0; count < 1_000; count++) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\nx')
    slow.push(socket)
  }
  expect(await first).toMatch(/^HTTP\/1.1 408 Request Timeout/)
  expect(await (await fetch(url, { method: 'POST', body: 'quick' })).text()).toBe('quick')
})

/** What the server writes until it closes the connection. */
async function talk(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(request)
  return text(socket)
}

interface Running {
  readonly url: string
  readonly port: number
  readonly activator: Activator
}

async function activatorWithout(limits: Partial<Limits>, wake: () => void = () => undefined): Promise<Running> {
  const port = await freePort()
  const activator = await startActivator({
    port,
    clusterName: 'one.default',
    containerConcurrency: 0,
    timeoutMs: 10_000,
    wake,
    ...limits
  })
  onTestFinished(() => activator.stop(0))
  return { url: `http://127.0.0.1:${port}`, port, activator }
}

async function activatorBefore(listener: RequestListener, limits: Partial<Limits> = {}): Promise<Running> {
  const running = await activatorWithout(limits)
  running.activator.setTarget(await listen(listener))
  return running
}

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}
