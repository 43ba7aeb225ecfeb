import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { listenOnLoopback } from '../../knative-local/testing.ts'
import { createCarefulCaller } from './careful-caller.ts'

test('a command is repeated under its key until it is answered, and counted once', async () => {
  const { url, keys } = await serve(number => (number === 1 ? 503 : 201))
  const counts = { sent: 0, repeated: 0 }
  const call = createCarefulCaller(counts, new AbortController().signal)
  expect(await call('POST', url, 'create-1', { name: 'Ada' })).toEqual({ id: 'student-1', version: 1 })
  expect(keys).toEqual(['create-1', 'create-1'])
  expect(counts).toEqual({ sent: 1, repeated: 1 })
})

test('a caller that has given up sends nothing more', async () => {
  const giveUp = new AbortController()
  const { url, keys } = await serve(() => {
    giveUp.abort()
    return 503
  })
  const call = createCarefulCaller({ sent: 0, repeated: 0 }, giveUp.signal)
  expect(await call('POST', url, 'create-1', {})).toBeUndefined()
  expect(keys).toEqual(['create-1'])
})

async function serve(statusOf: (number: number) => number) {
  const keys: unknown[] = []
  const server = createServer((request, response) => {
    keys.push(request.headers['idempotency-key'])
    response.writeHead(statusOf(keys.length)).end(JSON.stringify({ id: 'student-1', version: 1 }))
  })
  const port = await listenOnLoopback(server)
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${port}`, keys }
}
