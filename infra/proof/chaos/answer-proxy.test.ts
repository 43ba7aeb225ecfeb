import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { startAnswerProxy } from './answer-proxy.ts'

test('an answer is lost once for each event, after the function has done its work', async () => {
  const { received, proxy } = await start('lose')
  await expect(deliver(proxy.url, 'a')).rejects.toThrow('fetch failed')
  expect(received).toEqual(['a: data'])
  expect(await deliver(proxy.url, 'a')).toBe(204)
  await expect(deliver(proxy.url, 'b')).rejects.toThrow('fetch failed')
  expect(received).toEqual(['a: data', 'a: data', 'b: data'])
  expect(proxy.counts).toEqual({ passed: 3, broken: 2 })
})

test('everything passes as it is when nothing is to be broken', async () => {
  const { received, proxy } = await start('pass')
  expect(await deliver(proxy.url, 'a')).toBe(204)
  expect(received).toEqual(['a: data'])
  expect(proxy.counts).toEqual({ passed: 1, broken: 0 })
})

/** A function that takes every event and remembers it, behind a proxy. */
async function start(mode: 'lose' | 'pass') {
  const received: string[] = []
  const target = createServer(async (request, response) => {
    received.push(`${request.headers['ce-id']}: ${await text(request)}`)
    response.writeHead(204).end()
  })
  await new Promise<void>(resolve => target.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void target.close())
  const address = target.address()
  if (address === null || typeof address === 'string') throw new Error('the function has no port')
  const proxy = await startAnswerProxy(`http://127.0.0.1:${address.port}`, mode)
  onTestFinished(() => proxy.close())
  return { received, proxy }
}

async function deliver(url: string, id: string): Promise<number> {
  const headers = { 'ce-specversion': '1.0', 'ce-id': id, 'ce-source': '/test', 'ce-type': 'test' }
  return (await fetch(url, { method: 'POST', headers, body: 'data' })).status
}
