// Deliveries past the port of a Service: which go there, and what happens to them when the instance is another one or none.
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { until } from '../../until.ts'
import { DirectAddresses } from './direct-addresses.ts'
import { createHttpSender } from './http-sender.ts'

const request = { headers: ['ce-id', '1'], body: Buffer.from('hello') }
const timeoutMs = 5000

test('an attempt goes to the instance, under the name of the port', async () => {
  const { port, instance, directly, send } = await start()
  const hosts: (string | undefined)[] = []
  instance.handle = ({ headers }, response) => {
    hosts.push(headers.host)
    response.end('instance')
  }
  await directly.set({ [port.url]: { url: instance.url, atMost: 1, timeoutMs } })
  expect(await send()).toBe('instance')
  expect(hosts).toEqual([new URL(port.url).host])
})

test('what is beyond the places of the instance goes by the port', async () => {
  const { port, instance, directly, send } = await start()
  const held: (() => void)[] = []
  instance.handle = (_request, response) => void held.push(() => response.end('instance'))
  await directly.set({ [port.url]: { url: instance.url, atMost: 2, timeoutMs } })
  const first = [send(), send()]
  expect(await send()).toBe('port')
  await until('two requests at the instance', timeoutMs, async () => held.length === 2)
  for (const answer of held.splice(0)) answer()
  expect(await Promise.all(first)).toEqual(['instance', 'instance'])
  instance.handle = (_request, response) => response.end('instance')
  expect(await send()).toBe('instance')
})

test('an attempt that may take longer than the port allows goes by the port, which ends it', async () => {
  const { port, instance, directly, send } = await start()
  await directly.set({ [port.url]: { url: instance.url, atMost: 2, timeoutMs: timeoutMs - 1 } })
  expect(await send()).toBe('port')
})

test('a request that no instance has seen goes by the port within the same attempt', async () => {
  const { port, instance, directly, send } = await start()
  await directly.set({ [port.url]: { url: instance.url, atMost: 2, timeoutMs } })
  expect(await send()).toBe('instance')
  await instance.close()
  expect(await Promise.all([send(), send(), send()])).toEqual(['port', 'port', 'port'])
})

test('a request that an instance may have seen fails the attempt, and leaves its place', async () => {
  const { port, instance, directly, send } = await start()
  instance.handle = ({ socket }) => void socket.destroy()
  await directly.set({ [port.url]: { url: instance.url, atMost: 1, timeoutMs } })
  await expect(send()).rejects.toThrow(/other side closed|ECONNRESET/)
  instance.handle = (_request, response) => response.end('instance')
  expect(await send()).toBe('instance')
})

test('other addresses are in effect when nothing is under way to those before', async () => {
  const { port, instance, directly, send } = await start()
  const held: (() => void)[] = []
  instance.handle = (_request, response) => void held.push(() => response.end('instance'))
  await directly.set({ [port.url]: { url: instance.url, atMost: 1, timeoutMs } })
  const first = send()
  await until('the request', timeoutMs, async () => held.length === 1)
  const order: string[] = []
  const inEffect = [directly.set({}), directly.set({})].map(set => set.then(() => order.push('in effect')))
  expect(await send()).toBe('port')
  order.push('answered')
  held[0]?.()
  expect(await first).toBe('instance')
  await Promise.all(inEffect)
  expect(order).toEqual(['answered', 'in effect', 'in effect'])
})

interface Served {
  readonly url: string
  handle: RequestListener
  close(): Promise<void>
}

async function start() {
  const [port, instance] = [await serve('port'), await serve('instance')]
  const directly = new DirectAddresses()
  const sender = createHttpSender(directly)
  onTestFinished(() => sender.destroy())
  const send = async (): Promise<string> => (await sender.send(`${port.url}/`, request, timeoutMs)).body.toString()
  return { port, instance, directly, send }
}

async function serve(word: string): Promise<Served> {
  const server = createServer((incoming, response) => served.handle(incoming, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const served: Served = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    handle: (_request, response) => void response.end(word),
    async close() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    }
  }
  onTestFinished(() => served.close())
  return served
}
