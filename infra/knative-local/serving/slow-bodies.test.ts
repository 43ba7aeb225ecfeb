// Clients that are still sending, or never end.
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { until } from '../until.ts'
import { activatorBefore, talk } from './testing/activator.ts'

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
