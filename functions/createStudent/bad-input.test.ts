import { request } from 'node:http'
import { expect, test } from 'vitest'
import type { FunctionProcess } from '../../infra/test/function-process.ts'
import type { FieldError } from '../runtime/host/problem.ts'
import { outbox } from '../runtime/tables/publishing.ts'
import { students } from '../students/tables.ts'
import { ada, post, startFunctionOnce } from './testing/function.ts'

const start = startFunctionOnce()

test('bad input is refused with a problem that names what is wrong, and writes nothing', async () => {
  const { fn, db } = await start()
  const bad: [string, { body: string; contentType?: string; status: number; says: string }][] = [
    ['invalid JSON', { body: '{"name":', status: 400, says: 'not valid JSON' }],
    ['no body', { body: '', status: 400, says: 'not valid JSON' }],
    ['an array', { body: '[]', status: 400, says: 'expected object' }],
    ['a wrong type', { body: JSON.stringify({ ...ada, name: 7 }), status: 400, says: 'name' }],
    ['a missing field', { body: JSON.stringify({ ...ada, email: undefined }), status: 400, says: 'email' }],
    ['an unknown field', { body: JSON.stringify({ ...ada, admin: true }), status: 400, says: 'admin: unknown field' }],
    ['a NUL in a name', { body: JSON.stringify({ ...ada, name: 'a\0b' }), status: 400, says: 'control characters' }],
    [
      'a lone surrogate',
      { body: '{"userId":"u","name":"\\ud800","email":"a@example.com"}', status: 400, says: 'name' }
    ],
    ['no email address', { body: JSON.stringify({ ...ada, email: 'ada' }), status: 400, says: 'email' }],
    ['another content type', { body: 'x', contentType: 'text/plain', status: 415, says: 'application/json' }]
  ]
  for (const [what, { body, contentType = 'application/json', status, says }] of bad) {
    const response = await fetch(fn.url, { method: 'POST', headers: { 'content-type': contentType }, body })
    const text = await response.text()
    expect(response.status, what).toBe(status)
    expect(response.headers.get('content-type'), what).toBe('application/problem+json')
    expect(text, what).toContain(says)
    expect(text, what).not.toMatch(/node_modules|\.ts:|at .+\(/)
  }
  expect(await db.$count(students)).toBe(0)
  expect(await db.$count(outbox)).toBe(0)
})

test('all wrong fields are named at once', async () => {
  const { fn } = await start()
  const problem = (await (await post(fn, { name: '', email: 'x', age: 3 })).json()) as { errors: FieldError[] }
  expect(problem.errors.map(({ field }) => field).toSorted()).toEqual(['age', 'email', 'name', 'userId'])
})

test('other paths and methods are a 404 and a 405 that says what is allowed', async () => {
  const { fn } = await start()
  expect((await fetch(`${fn.url}/a/b`)).status).toBe(404)
  expect((await fetch(`${fn.url}/0190a0a0-0000-7000-8000-000000000000`)).status).toBe(404)
  expect((await fetch(`${fn.url}/%ff`)).status).toBe(400)
  const put = await fetch(fn.url, { method: 'PUT' })
  expect([put.status, put.headers.get('allow')]).toEqual([405, 'POST'])
})

test('paths that no student can have are a 400 or 404, never a failure of the server', async () => {
  const { fn } = await start()
  const statuses = await Promise.all(['//', '///x', '//:99999', '/%00'].map(path => get(fn, path)))
  expect(statuses).toEqual([404, 404, 404, 400])
})

test('a body of 2 MiB is refused while it arrives, declared or not', async () => {
  const { fn } = await start()
  const large = Buffer.alloc(2 * 1024 * 1024, 'a')
  expect(await send(fn, large, { 'content-length': String(large.length) })).toBe(413)
  expect(await send(fn, large, { 'transfer-encoding': 'chunked' })).toBe(413)
})

/** fetch would tidy the path up. */
function get(fn: FunctionProcess, path: string): Promise<number | undefined> {
  const { hostname, port } = new URL(fn.url)
  return new Promise((resolve, reject) => {
    request({ hostname, port, path }, response => resolve(response.statusCode))
      .on('error', reject)
      .end()
  })
}

/** fetch would refuse to send what these tests need, or would not show an answer that comes before the body is sent. */
function send(fn: FunctionProcess, body: Buffer, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const call = request(fn.url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers } })
    call.on('response', response => resolve(response.statusCode))
    call.on('error', reject)
    call.end(body)
  })
}
