import type { RequestListener } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { until } from '../until.ts'
import { freePort } from '../testing/free-ports.ts'
import { activatorBefore, activatorWithout, listen } from './testing/activator.ts'

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

test('a request that met a closed port waits for the next instance', async () => {
  const gone = await freePort()
  const { url, activator } = await activatorWithout({})
  activator.setTarget(gone)
  const answer = fetch(url, { method: 'POST', body: 'event' })
  await until('the request to be held', 5_000, async () => activator.inFlight() === 1)
  activator.setTarget(await listen((_, response) => void response.end('from the next one')))
  expect(await (await answer).text()).toBe('from the next one')
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
