// HTTP passes through the activator as it is: bytes, headers, 1xx, targets.
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { activatorBefore, talk } from './testing/activator.ts'

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
