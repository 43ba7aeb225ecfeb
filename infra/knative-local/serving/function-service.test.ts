import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { DirectAddresses } from '../dataplane/delivery/direct-addresses.ts'
import { createHttpSender } from '../dataplane/delivery/http-sender.ts'
import { until } from '../until.ts'
import { plainService } from './testing/plain-service.ts'
import { answering, get, serve, startLoad } from './testing/served-function.ts'

test('no request fails while one version takes over from another under load', async () => {
  const { service, url, write } = await serve({}, answering('first'))
  await service.start()
  const load = startLoad(url)
  await until('answers of the first', 10_000, async () => load.answers.length > 20)
  await write(answering('second'))
  await service.replace(plainService('function'))
  const seen = load.answers.length
  await until('answers of the second', 10_000, async () => load.answers.length > seen + 20)
  await load.stop()
  expect(new Set(load.answers)).toEqual(new Set(['200 first', '200 second']))
  expect(load.answers.at(-1)).toBe('200 second')
})

test('no delivery fails while one version takes over from another, of those that go past the port neither', async () => {
  const directly = new DirectAddresses()
  // It ends at once when it is asked to, whatever is under way.
  const abrupt = (word: string) => answering(word, 5).replace('server.close(() => process.exit(0))', 'process.exit(0)')
  const { service, url, write } = await serve({ containerConcurrency: 6 }, abrupt('first'), {
    subscribedRequests: () => Infinity,
    moved: async () => {
      const direct = service.direct()
      await sleep(100) // a data plane learns of it later
      return directly.set(direct ? { [url]: direct } : {})
    }
  })
  await service.start()
  expect(service.direct()).toMatchObject({ atMost: 3, timeoutMs: 20_000 })
  const sender = createHttpSender(directly)
  onTestFinished(() => sender.destroy())
  const load = startLoad(url, async () => {
    const { status, body } = await sender.send(url, { headers: [], body: Buffer.from('x') }, 10_000)
    return `${status} ${body}`
  })
  await until('answers of the first', 10_000, async () => load.answers.length > 20)
  for (const word of ['second', 'third']) {
    await write(abrupt(word))
    await service.replace(plainService('function', { containerConcurrency: 6 }))
    const seen = load.answers.length
    await until(`answers of the ${word}`, 10_000, async () => load.answers.length > seen + 20)
    expect(new Set(load.answers.slice(seen + 4))).toEqual(new Set([`200 ${word}`]))
  }
  await load.stop()
  await service.takeDown()
  expect(service.direct()).toBeUndefined()
})

test('a version that does not become ready changes nothing', async () => {
  const { service, url, write } = await serve({}, answering('good'))
  await service.start()
  const pid = service.pid()
  await write('process.exit(3)')
  await expect(service.replace(plainService('function'))).rejects.toThrow('exit status 3')
  expect(service.pid()).toBe(pid)
  expect(await get(url)).toBe('200 good')
})

test('a process that is killed is started again, and the requests of that time wait', async () => {
  const { service, url } = await serve({}, answering('here'))
  await service.start()
  const pid = service.pid()
  service.signal('SIGKILL')
  await until('the end to be noticed', 10_000, async () => service.pid() !== pid)
  expect(await get(url)).toBe('200 here')
})

test('a function that throws at its start is tried again until it works, and says why it does not until then', async () => {
  const { service, url, write, reports } = await serve({}, "throw new TypeError('no such table')")
  await service.start()
  expect(service.isReady()).toBe(false)
  expect(service.problem()).toBe('function ended before it was ready (exit status 1): TypeError: no such table')
  const answer = get(url)
  await write(answering('at last'))
  expect(await answer).toBe('200 at last')
  expect(service.problem()).toBeUndefined()
  expect(reports.filter(sentence => sentence.includes('no such table'))).toHaveLength(1)
})

test('a function that does not start is started at once when its code is mended', async () => {
  const { service, url, write } = await serve({ minScale: 0 }, 'process.exit(1)')
  await service.start()
  await write(answering('mended'))
  await service.replace(plainService('function', { minScale: 0 }))
  expect(service.problem()).toBeUndefined()
  expect(await get(url)).toBe('200 mended')
})

const silent = 'setInterval(() => {}, 1_000)'

test('a start that leads nowhere holds up neither the end nor a mended version', async () => {
  const stopped = await serve({}, silent)
  const starting = stopped.service.start()
  await until('the launch', 5_000, async () => stopped.launches.length > 0)
  await stopped.service.stop()
  await starting

  const { service, url, write, launches } = await serve({}, silent)
  const first = service.start()
  await until('the launch', 5_000, async () => launches.length > 0)
  await write(answering('mended'))
  await service.replace(plainService('function'))
  await first
  expect(await get(url)).toBe('200 mended')
  await write(silent)
  const given = service.replace(plainService('function')).catch((error: Error) => error.message)
  await until('the launch of the next', 5_000, async () => launches.length === 3)
  await write(answering('again'))
  await service.replace(plainService('function'))
  expect(await given).toBe('function was stopped before it was ready')
  expect(await get(url)).toBe('200 again')

  const broken = await serve({ minScale: 0 }, 'process.exit(1)')
  await broken.service.start()
  await broken.write(silent)
  const hanging = broken.service.replace(plainService('function', { minScale: 0 })).catch(() => undefined)
  await until('its launch', 5_000, async () => broken.launches.length >= 2)
  await broken.write(answering('at last'))
  await broken.service.replace(plainService('function', { minScale: 0 }))
  await hanging
  expect(await get(broken.url)).toBe('200 at last')
}, 15_000)

test('replacements come one after the other, and of those that wait only the last is made', async () => {
  const { service, url, launches } = await serve({}, answering('here'))
  await service.start()
  await Promise.all(
    Array.from({ length: 5 }, (_, index) => service.replace(plainService('function', { timeoutSeconds: index + 1 })))
  )
  expect(launches).toEqual([20, 5])
  expect(await get(url)).toBe('200 here')
})

test('with initialScale and minScale 0 it starts with the first request', async () => {
  const { service, url } = await serve({ minScale: 0, initialScale: 0 }, answering('woken'))
  await service.start()
  expect(service.pid()).toBeUndefined()
  expect(await get(url)).toBe('200 woken')
  expect(service.pid()).toBeGreaterThan(0)
})

test('taken down it stays down, its requests wait, and brought up it answers them', async () => {
  const { service, url } = await serve({}, answering('up'))
  await service.start()
  await service.takeDown()
  const answer = get(url)
  expect(service.isReady()).toBe(false)
  await service.bringUp()
  expect(await answer).toBe('200 up')
})

test('stopping lets a request in flight finish', async () => {
  const { service, url } = await serve({}, answering('slowly', 200))
  await service.start()
  const answer = get(url)
  await until('the request to arrive', 10_000, async () => service.inFlight() === 1)
  await service.stop()
  expect(await answer).toBe('200 slowly')
})
