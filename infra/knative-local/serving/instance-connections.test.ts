// What becomes of the connections to an instance, as its clients and the instance see it.
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { until } from '../until.ts'
import { activatorBefore, activatorWithout } from './testing/activator.ts'

test.each([
  ['is used again', 'content-length: 2\r\n\r\nok', 1],
  ['is used again after chunks', 'transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n', 1],
  ['is not used after Connection: close', 'connection: close\r\ncontent-length: 2\r\n\r\nok', 3],
  [
    'is not used in the second before the instance would close it',
    'keep-alive: timeout=1\r\ncontent-length: 2\r\n\r\nok',
    3
  ],
  [
    'is not used when more came than was asked for',
    'content-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil',
    3
  ]
])('a connection %s', async (_, rest, connections) => {
  const { url, sockets } = await instanceThat(socket => void socket.write(`HTTP/1.1 200 OK\r\n${rest}`))
  for (let count = 0; count < 3; count++) expect(await (await fetch(url)).text()).toBe('ok')
  expect(sockets).toHaveLength(connections)
})

test('an idle connection that the instance closes costs no request', async () => {
  const { url, sockets } = await instanceThat(socket => void socket.write('HTTP/1.1 204 No Content\r\n\r\n'))
  for (let count = 1; count <= 5; count++) {
    expect((await fetch(url)).status).toBe(204)
    sockets.at(-1)?.end()
    await until('it to be closed', 5_000, async () => sockets.at(-1)?.closed === true, { everyMs: 1 })
  }
  expect(sockets).toHaveLength(5)
})

test('bytes that nobody has asked for end their connection, and are no answer to the next request', async () => {
  const { url, sockets } = await instanceThat(socket => void socket.write('HTTP/1.1 204 No Content\r\n\r\n'))
  await fetch(url)
  sockets[0]?.write('HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n')
  await until('it to be closed', 5_000, async () => sockets[0]?.closed === true)
  expect((await fetch(url)).status).toBe(204)
})

test.each(['nonsense\r\n\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n', 'HTTP/1.1 101 Other\r\n\r\n'])(
  'the answer %j is a 502, and the next request has another connection',
  async answer => {
    const { url, sockets } = await instanceThat(socket => {
      socket.write(sockets.length === 1 ? answer : 'HTTP/1.1 204 No Content\r\n\r\n')
    })
    expect((await fetch(url, { method: 'POST', body: 'event' })).status).toBe(502)
    expect((await fetch(url, { method: 'POST', body: 'event' })).status).toBe(204)
  }
)

test('an answer that is cut reaches the client as one that is cut', async () => {
  const { url } = await instanceThat(socket => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'))
  const response = await fetch(url)
  expect(response.status).toBe(200)
  await expect(response.text()).rejects.toThrow('terminated')
})

test('an answer without a length ends with its connection', async () => {
  const { url } = await instanceThat(socket => void socket.end('HTTP/1.1 200 OK\r\n\r\nwhole'))
  expect(await (await fetch(url)).text()).toBe('whole')
})

test('a client that does not read holds its instance back, and its connection serves the next one', async () => {
  const large = Buffer.alloc(16 * 1024 * 1024, 'x')
  let written = 0
  const { port, url, activator } = await activatorBefore((request, response) => {
    if (request.url !== '/large') return void response.end('small')
    response.writeHead(200, { 'content-length': large.length })
    for (let at = 0; at < large.length; at += 65_536)
      response.write(large.subarray(at, at + 65_536), () => (written += 65_536))
    response.end()
  })
  const [response] = (await once(httpRequest({ port, path: '/large' }).end(), 'response')) as [IncomingMessage]
  let before = -1
  await until(
    'it to be held back',
    10_000,
    async () => written === before || ((before = written), await sleep(200), false)
  )
  expect(written).toBeLessThan(large.length)
  expect(await (await fetch(url)).text()).toBe('small') // by another connection
  expect((await buffer(response)).length).toBe(large.length)
  await until('it to be over', 5_000, async () => activator.inFlight() === 0)
  const answers = await Promise.all([fetch(url), fetch(url)])
  expect(await Promise.all(answers.map(answer => answer.text()))).toEqual(['small', 'small'])
})

test('a body in chunks that is larger than what is kept arrives whole', async () => {
  const { port } = await activatorBefore((request, response) => void request.pipe(response))
  const sent = Buffer.from(Array.from({ length: 3 * 1024 * 1024 }, (_, index) => index % 251))
  const sending = httpRequest({ port, method: 'PUT', headers: { 'transfer-encoding': 'chunked' } })
  for (let at = 0; at < sent.length; at += 100_000) sending.write(sent.subarray(at, at + 100_000))
  sending.end()
  const [response] = (await once(sending, 'response')) as [IncomingMessage]
  expect((await buffer(response)).equals(sent)).toBe(true)
})

/** Called at each request without a body, or with a small one, which comes in one piece. */
async function instanceThat(answers: (socket: Socket) => void) {
  const sockets: Socket[] = []
  const server = createServer(socket => {
    sockets.push(socket)
    socket.on('error', () => undefined).on('data', () => answers(socket))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const running = await activatorWithout({})
  running.activator.setTarget((server.address() as AddressInfo).port)
  return { ...running, sockets }
}
