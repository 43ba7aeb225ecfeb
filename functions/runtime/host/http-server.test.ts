import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { createHttpServer } from './http-server.ts'

const head = (length: number) => `POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${length}\r\n\r\n`

test('of more bodies that do not end than there is room for, the oldest is answered with 408, and others are served', async () => {
  const { port, open, post } = await start()
  const first = open(`${head(10)}x`)
  await post('first is there')
  for (let count = 0; count < 256; count++) open(`${head(10)}x`)
  expect(await text(first)).toMatch(/^HTTP\/1.1 408 Request Timeout[\s\S]*body-too-slow/)
  expect(await post(`still served at ${port}`)).toBe(200)
})

test('bodies that do not end are bounded by what they hold together, too', async () => {
  const { open, post } = await start()
  const almost = 1024 * 1024 - 1
  const slow: Socket[] = []
  for (let count = 0; count < 30; count++) {
    slow.push(open(`${head(almost + 1)}${'x'.repeat(almost)}`))
    await post('it has come')
  }
  const answers = await Promise.all(slow.slice(0, 5).map(socket => text(socket)))
  for (const answer of answers) expect(answer).toMatch(/^HTTP\/1.1 408/)
  expect(slow.slice(10).filter(socket => socket.bytesRead > 0)).toEqual([])
})

test('a request has one Host', async () => {
  const { open } = await start()
  const answer = await text(open('GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\n\r\n'))
  expect(answer).toMatch(/^HTTP\/1.1 400/)
})

async function start() {
  const name = `function-${crypto.randomUUID()}`
  const { server, drain } = createHttpServer(
    name,
    async ({ body }) => ({ status: 200, body: { length: body.length } }),
    async () => true
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const sockets: Socket[] = []
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await drain(0)
  })
  const open = (bytes: string): Socket => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(bytes)
    sockets.push(socket)
    return socket
  }
  const post = async (body: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body })).status
  return { port, open, post }
}
