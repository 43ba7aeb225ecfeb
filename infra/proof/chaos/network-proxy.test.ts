import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { startNetworkProxy } from './network-proxy.ts'
import { seededRandom } from './random.ts'

test('connections are cut at some byte, and what is sent often enough arrives', async () => {
  const { received, proxy } = await start('cut')
  const bodies = Array.from({ length: 20 }, (_, n) => `event ${n} ${'x'.repeat(600)}`)
  for (const body of bodies) {
    for (let status = 0; status !== 204;) {
      status = await fetch(proxy.url, { method: 'POST', body }).then(
        answer => answer.status,
        () => 0
      )
    }
  }
  expect(new Set(received)).toEqual(new Set(bodies))
  expect(proxy.counts.cut).toBeGreaterThan(0)
  expect(proxy.counts.connections).toBeGreaterThanOrEqual(proxy.counts.cut)
})

test('on a slow network everything arrives as it was sent', async () => {
  const { received, proxy } = await start('slow')
  const bodies = ['a', 'b'.repeat(200_000)]
  const statuses = await Promise.all(
    bodies.map(async body => (await fetch(proxy.url, { method: 'POST', body })).status)
  )
  expect(statuses).toEqual([204, 204])
  expect(received.toSorted()).toEqual(bodies)
  expect(proxy.counts.cut).toBe(0)
})

async function start(mode: 'cut' | 'slow') {
  const received: string[] = []
  const target = createServer(async (request, response) => {
    const body = await text(request).catch(() => undefined) // cut off in the middle
    if (body === undefined) return
    received.push(body)
    response.writeHead(204).end()
  })
  await new Promise<void>(resolve => target.listen(0, '127.0.0.1', resolve))
  const address = target.address()
  if (address === null || typeof address === 'string') throw new Error('the function has no port')
  const proxy = await startNetworkProxy(`http://127.0.0.1:${address.port}`, mode, seededRandom(7))
  onTestFinished(async () => {
    await proxy.close()
    target.closeAllConnections()
    target.close()
  })
  return { received, proxy }
}
