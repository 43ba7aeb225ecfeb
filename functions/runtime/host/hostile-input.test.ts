// What a stranger can send to a function, function kind by function kind: each is answered with a problem, the process
// lives, and the next honest request is answered.
import { request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { testDatabase } from '../../../infra/test/database.ts'
import { type FunctionProcess, startFunction } from '../../../infra/test/function-process.ts'
import { studentEvent } from '../../../infra/test/student-event.ts'
import { deadLetters } from '../tables/letters.ts'
import { students, timeline } from '../../students/tables.ts'

const ada = { userId: 'user-1', name: 'Ada Lovelace', email: 'ada@example.com' }
const json = { 'content-type': 'application/json' }
const structured = { 'content-type': 'application/cloudevents+json' }
const deep = '['.repeat(100_000)
const unknownFields = JSON.stringify(Object.fromEntries(Array.from({ length: 60_000 }, (_, n) => [`f${n}`, 1])))
const event = (fields: object, extra = '') =>
  `${JSON.stringify({ specversion: '1.0', id: 'x', source: '/s', type: 't', ...fields }).slice(0, -1)}${extra}}`

interface Hostile {
  readonly what: string
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly body?: string | Buffer
  /** More than one where functions have different paths. */
  readonly status: number | readonly number[]
}

const toAny: readonly Hostile[] = [
  { what: 'a malformed escape', method: 'GET', path: '/%', status: [400, 404] },
  { what: 'an escape that is no UTF-8', method: 'GET', path: '/%ff', status: [400, 404] },
  { what: 'a control character', method: 'GET', path: '/%00', status: [400, 404] },
  { what: 'a path of slashes', method: 'GET', path: '//', status: 404 },
  { what: 'a path that the framework answers itself', method: 'POST', path: '/robots.txt', status: [404, 405] },
  { what: 'a path that the framework answers itself', method: 'POST', path: '/favicon.ico', status: [404, 405] },
  { what: 'a long path', method: 'POST', path: `/${'a/'.repeat(7_000)}`, status: 404 },
  { what: 'the asterisk form', method: 'OPTIONS', path: '*', status: 404 },
  { what: 'another method', method: 'PROPFIND', status: 405 },
  { what: 'deep JSON', headers: structured, body: event({}, `,"data":${deep}`), status: 400 },
  { what: 'a deep extension', headers: structured, body: event({}, `,"a":${deep}`), status: 400 },
  { what: 'an event that is no JSON', headers: structured, body: '{', status: 400 },
  { what: 'a batch', headers: { 'content-type': 'application/cloudevents-batch+json' }, body: '[]', status: 400 },
  { what: 'an id that is no UTF-8', headers: { 'ce-id': '%ff', 'ce-type': 't' }, status: 400 },
  { what: 'a NUL', headers: structured, body: event({ id: 'a\0' }), status: 400 },
  { what: 'a lone surrogate', headers: structured, body: event({}, ',"subject":"\\ud800"'), status: 400 },
  { what: 'a long id', headers: structured, body: event({ id: 'x'.repeat(900_000) }), status: 400 },
  { what: 'a long name', headers: structured, body: event({ ['x'.repeat(900_000)]: {} }), status: 400 },
  { what: 'a large body', headers: json, body: Buffer.alloc(2 ** 20 + 1), status: 413 },
  {
    what: 'gzip that inflates without end',
    headers: { ...json, 'content-encoding': 'gzip' },
    body: bomb(),
    status: 413
  },
  { what: 'gzip that is none', headers: { ...json, 'content-encoding': 'gzip' }, body: '{}', status: 400 },
  { what: 'another encoding', headers: { ...json, 'content-encoding': 'br' }, body: 'x', status: 415 }
]

const toCommands: readonly Hostile[] = [
  { what: 'deep JSON', headers: json, body: deep, status: 400 },
  { what: 'a deep field', headers: json, body: `{"name":${deep}`, status: 400 },
  { what: '60,000 unknown fields', headers: json, body: unknownFields, status: 400 },
  { what: 'bytes that are no UTF-8', headers: json, body: Buffer.from([0x22, 0xff, 0x22]), status: 400 },
  { what: 'a field named __proto__', headers: json, body: '{"__proto__":{"name":"x"}}', status: 400 }
]

const toLetters: readonly Hostile[] = [
  ...['since', 'until'].flatMap(bound =>
    ['0000-01-01T00:00:00Z', '0001-01-01T00:00:00%2B14:00', '9999-12-31T23:59:59-14:00', 'now'].map(time => ({
      what: `${bound} ${time}`,
      method: 'GET',
      path: `/?${bound}=${time}`,
      status: 400
    }))
  ),
  { what: 'a limit of none', method: 'GET', path: '/?limit=0', status: 400 },
  { what: 'a NUL to search for', method: 'GET', path: '/?text=%00', status: 400 },
  { what: 'a letter that no id names', method: 'GET', path: '/%22%27', status: 404 },
  {
    what: 'nested data to resend',
    path: '/x/resend',
    headers: json,
    body: `{"reason":"r","data":{"a":${deep}`,
    status: 400
  }
]

test('whatever is sent to a command, it is refused in words and the next student is taken', async () => {
  const { db, url } = await testDatabase()
  const fn = await startFunction('createStudent', { DATABASE_URL: url, STUDENT_CREATE_TOPIC: 'student_create' })
  await refuses(fn, [...toAny, ...toCommands])
  const zipped = { ...json, 'content-encoding': 'gzip' }
  expect(await send(fn, { headers: zipped, body: gzipSync(JSON.stringify(ada)) })).toMatchObject({ status: 201 })
  expect(await db.$count(students)).toBe(1)
  const [student] = await db.select().from(students)
  const absolute = await send(fn, { method: 'GET', path: `http://students.example.com/${student?.id}` })
  expect(absolute).toMatchObject({ status: 200, body: expect.stringContaining('Ada Lovelace') })
  expect(await send(fn, { method: 'HEAD', path: `/${student?.id}` })).toMatchObject({ status: 200, body: '' })
})

test('whatever is sent to a consumer, it is refused in words and the next event is applied', async () => {
  const { db, url } = await testDatabase()
  const fn = await startFunction('onAnyStudent', { DATABASE_URL: url })
  await refuses(fn, toAny)
  expect(await db.$count(deadLetters)).toBe(0)
  for (const version of [2, 1]) {
    const { attributes, data } = studentEvent({ version }, { attributes: { constructor: 'x', hasown: 'y' } })
    const body = JSON.stringify({ ...attributes, data_base64: data.toString('base64') })
    expect(await send(fn, { headers: structured, body })).toMatchObject({ status: 204 })
  }
  expect(await db.$count(timeline)).toBe(2)
})

test('whatever is sent to deadLetterReplay, it is refused in words and the letters can be read', async () => {
  const { url } = await testDatabase()
  const fn = await startFunction('deadLetterReplay', { DATABASE_URL: url, FUNCTION_URLS: 'none=http://127.0.0.1:9' })
  await refuses(fn, [...toAny, ...toCommands, ...toLetters])
  expect(await send(fn, { method: 'GET' })).toMatchObject({ status: 200, body: '{"deadLetters":[]}' })
})

async function refuses(fn: FunctionProcess, table: readonly Hostile[]): Promise<void> {
  for (const { what, status, ...sent } of table) {
    const answer = await send(fn, sent)
    expect(answer.type, what).toBe('application/problem+json')
    expect([status].flat(), what).toContain(answer.status)
    expect(answer.body.length, what).toBeLessThan(20_000)
    expect(answer.body, what).not.toMatch(/node_modules|\.ts:|at .+\(/)
    expect(JSON.parse(answer.body), what).toMatchObject({ status: answer.status, title: expect.any(String) })
  }
  expect((await fetch(`${fn.url}/health/readiness`)).status).toBe(200)
}

function bomb(): Buffer {
  return gzipSync(Buffer.alloc(64 * 1024 * 1024))
}

/** fetch would tidy paths up and take no body with some of the methods. */
function send(
  fn: FunctionProcess,
  { method = 'POST', path = '/', headers = {}, body = '' }: Omit<Hostile, 'what' | 'status'>
) {
  const { hostname, port } = new URL(fn.url)
  return new Promise<{ status: number | undefined; type: string | undefined; body: string }>((resolve, reject) => {
    const call = request({ hostname, port, path, method, headers }, async response => {
      const chunks = await response.toArray()
      const text = Buffer.concat(chunks as Buffer[]).toString()
      resolve({ status: response.statusCode, type: response.headers['content-type'], body: text })
    })
    call.on('error', reject)
    call.end(body)
  })
}
