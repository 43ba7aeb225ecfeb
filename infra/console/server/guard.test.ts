// Over a real connection: what a page elsewhere in the same browser can send, and what it gets.
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { serveConsole } from './serve-console.ts'

const json = { 'content-type': 'application/json' }

test('a page of the console may read, and act with JSON', async () => {
  const { url, ask } = await start()
  expect(await ask('GET', '/api/reads/parts')).toMatchObject({ status: 502 }) // it was let in: these sources fail
  expect(
    await ask('POST', '/api/actions/part', { ...json, origin: url, 'sec-fetch-site': 'same-origin' })
  ).toMatchObject({ status: 400 })
})

test.each([
  ['another name that leads to loopback', 'GET', '/api/reads/parts', { host: 'evil.example.com' }, 421],
  ['a page of another site', 'POST', '/api/actions/part', { ...json, origin: 'https://evil.example.com' }, 403],
  [
    'a page on another port of loopback',
    'POST',
    '/api/actions/part',
    { ...json, origin: 'http://localhost:3000' },
    403
  ],
  ['a page without an origin', 'POST', '/api/actions/part', { ...json, origin: 'null' }, 403],
  ['a read from another port of loopback', 'GET', '/api/reads/parts', { 'sec-fetch-site': 'same-site' }, 403],
  [
    'a read from another site',
    'GET',
    '/api/reads/parts',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
    403
  ],
  ['a form, which can send no JSON', 'POST', '/api/actions/part', { 'content-type': 'text/plain' }, 415],
  ['a request without a type', 'POST', '/api/actions/part', {}, 415],
  ['a GET of an action', 'GET', '/api/actions/part', {}, 405],
  ['a read that does not exist', 'GET', '/api/reads/constructor', {}, 404],
  ['another method', 'DELETE', '/', json, 405]
])('%s is refused', async (_, method, path, headers, status) => {
  const { ask } = await start()
  expect(await ask(method, path, headers)).toMatchObject({ status })
})

test('a link from anywhere opens a page, which runs no script but its own', async () => {
  const { ask } = await start()
  const { status, headers, body } = await ask('GET', '/groups/on-order', {
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'navigate'
  })
  expect(status).toBe(200)
  expect(body).not.toMatch(/<script>|style=|onload=/)
  const policy = String(headers['content-security-policy'])
  for (const rule of [
    "default-src 'none'",
    "script-src 'self';",
    "style-src 'self';",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'"
  ]) {
    expect(policy).toContain(rule)
  }
})

test('the pages weigh less than 150 kB without the layout engine', async () => {
  const { ask } = await start()
  const { body } = await ask('GET', '/')
  const [main = ''] = /\/assets\/main-\w+\.js/.exec(body) ?? []
  expect(await ask('GET', main)).toMatchObject({ status: 200 })
  const { buildWeb } = await import('./build-web.ts')
  const { gzipSync } = await import('node:zlib')
  const sizes = [...(await buildWeb()).assets].map(([path, { body: bytes }]) => [path, gzipSync(bytes).length] as const)
  const all = sizes.filter(([path]) => !path.includes('lay-out')).reduce((total, [, size]) => total + size, 0)
  expect(all).toBeLessThan(150_000)
})

test('a failure shows no password', async () => {
  const { ask } = await start(async () => {
    throw new Error('cannot reach postgres://students:secret@127.0.0.1:5432/students')
  })
  const { body } = await ask('GET', '/api/reads/parts')
  expect(body).toContain('postgres://127.0.0.1:5432/students')
})

async function start(openSources: () => Promise<never> = async () => Promise.reject(new Error('not here'))) {
  const server = await serveConsole({ port: 0, openSources })
  onTestFinished(server.close)
  const ask = async (method: string, path: string, headers: Record<string, string> = {}) => {
    const sent = request(new URL(path, server.url), { method, headers })
    sent.end(method === 'POST' ? '{}' : undefined)
    return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>((fulfil, reject) => {
      sent.once('error', reject)
      sent.once(
        'response',
        response =>
          void text(response).then(
            body => fulfil({ status: response.statusCode ?? 0, headers: response.headers, body }),
            reject
          )
      )
    })
  }
  return { url: server.url, ask }
}
