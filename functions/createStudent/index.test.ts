import { fromBinary } from '@bufbuild/protobuf'
import { sql } from 'drizzle-orm'
import { request } from 'node:http'
import { expect, test } from 'vitest'
import { testDatabase } from '../../infra/test/database.ts'
import { eventually, type FunctionProcess, startFunction } from '../../infra/test/function-process.ts'
import { StudentCreatedSchema } from '../../schemas/generated/school/student/v1/student_created_pb.ts'
import type { FieldError } from '../runtime/host/problem.ts'
import type { Student } from '../students/student-events.ts'
import { outbox } from '../runtime/tables/publishing.ts'
import { students } from '../students/tables.ts'

const createType = 'school.student.v1.CreateStudent'
const ada = { userId: 'user-1', name: 'Ada Lovelace', email: 'ada@example.com' }

test('a new student is a row and an event, in one answer with its place', async () => {
  const { fn, db } = await start()
  const response = await post(fn, ada)
  expect(response.status).toBe(201)
  const student = (await response.json()) as Student
  expect(student).toEqual({ id: expect.any(String), ...ada, version: 1 })
  expect(response.headers.get('location')).toBe(`/${student.id}`)
  expect(await db.select().from(students)).toMatchObject([{ id: student.id, version: 1 }])

  const [event] = await db.select().from(outbox)
  expect(event).toMatchObject({
    topic: 'student_create',
    key: student.id,
    subject: student.id,
    partitionkey: student.id,
    sequence: '0000000001',
    type: 'school.student.v1.StudentCreated',
    contentType: 'application/protobuf',
    dataschema: expect.stringMatching(/subjects\/school\.student\.v1\.StudentCreated\/versions\/1$/),
    traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  })
  expect(fromBinary(StudentCreatedSchema, event?.payload ?? Buffer.alloc(0))).toMatchObject({ id: student.id, ...ada })
})

test('the caller’s trace continues in the event', async () => {
  const { fn, db } = await start()
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  await post(fn, ada, { traceparent })
  const [event] = await db.select().from(outbox)
  expect(event?.traceparent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$/)
})

test('a student is read back with nothing in the directory and an empty timeline at first', async () => {
  const { fn } = await start()
  const student = (await (await post(fn, ada)).json()) as Student
  const response = await fetch(`${fn.url}/${student.id}`)
  expect(await response.json()).toEqual({ student, directory: null, timeline: [] })
})

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

test('a repeated Idempotency-Key gives the first answer again; with another body it is refused', async () => {
  const { fn, db } = await start()
  const key = { 'idempotency-key': 'once' }
  const answers = await Promise.all(
    [1, 2, 3].map(async () => {
      const response = await post(fn, ada, key)
      return [response.status, response.headers.get('location'), await response.json()]
    })
  )
  expect(answers[1]).toEqual(answers[0])
  expect(answers[2]).toEqual(answers[0])
  expect((await post(fn, { ...ada, name: 'Another' }, key)).status).toBe(422)
  expect(await db.$count(students)).toBe(1)
  expect(await db.$count(outbox)).toBe(1)
})

test('of commands that come side by side each gets its own answer, and a repeat that of its first', async () => {
  const { fn, db } = await start()
  const commands = Array.from({ length: 30 }, (_, at) => ({
    body: at % 7 === 3 ? { ...ada, name: 'a\0b' } : { ...ada, name: `Ada ${at % 10}` },
    headers: at % 2 === 0 ? { 'idempotency-key': `key-${at % 10}` } : undefined
  }))
  const answers = await Promise.all(commands.map(({ body, headers }) => post(fn, body, headers)))
  const given = await Promise.all(
    answers.map(async response => ({ status: response.status, student: (await response.json()) as Partial<Student> }))
  )
  const taken = given.filter(({ status }) => status === 201)
  expect(given.map(({ status, student }) => [status, student.name])).toEqual(
    commands.map(({ body: { name } }) => (name.includes('\0') ? [400, undefined] : [201, name]))
  )
  const ofKey = (wanted: number) => given.filter((_, at) => at % 2 === 0 && at % 10 === wanted && at % 7 !== 3)
  for (const key of [0, 2, 4, 6, 8]) expect(new Set(ofKey(key).map(({ student }) => student.id)).size).toBe(1)
  const ids = new Set(taken.map(({ student }) => student.id))
  expect((await db.select().from(students)).map(({ id }) => id).toSorted()).toEqual([...ids].toSorted())
  expect(await db.$count(outbox)).toBe(ids.size)
})

test('the same command as an event, delivered twice, makes one student and answers 204 without a body', async () => {
  const { fn, db } = await start()
  for (const _ of [1, 2]) {
    const response = await sendCommand(fn, ada)
    expect([response.status, await response.text()]).toEqual([204, ''])
  }
  expect(await db.$count(students)).toBe(1)
})

test('a command event that cannot be done is answered 422 with its reason for the dead letter', async () => {
  const { fn } = await start()
  const wrong = await sendCommand(fn, { ...ada, email: 'none' })
  expect([wrong.status, wrong.headers.get('kne-reason'), wrong.headers.get('kne-class')]).toEqual([
    422,
    'invalid-event',
    'invalid'
  ])
  expect(wrong.headers.get('kne-detail')).toContain('email')
  expect(wrong.headers.get('kne-function')).toBe('createStudent')
  const stranger = await sendCommand(fn, ada, { 'ce-type': 'boson.fn' })
  expect([stranger.status, stranger.headers.get('kne-detail')]).toEqual([422, expect.stringContaining('boson.fn')])
})

test('a command is the same in binary and in structured mode, and however its id is escaped', async () => {
  const { fn, db } = await start()
  const id = '東京 100%'
  expect((await sendCommand(fn, ada, { 'ce-id': encodeURIComponent(id) })).status).toBe(204)
  const structured = await fetch(fn.url, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json' },
    body: JSON.stringify({ specversion: '1.0', id, source: '/test', type: createType, data: ada })
  })
  expect(structured.status).toBe(204)
  expect(await db.$count(students)).toBe(1)
  const noText = await sendCommand(fn, ada, { 'ce-id': '%ff' })
  expect([noText.status, await noText.text()]).toEqual([400, expect.stringContaining('not as UTF-8')])
})

test('a command whose id became another’s on its way is refused in words, not taken for a repeat', async () => {
  const { fn, db } = await start()
  expect((await sendCommand(fn, ada, { 'ce-id': '??' })).status).toBe(204)
  const other = await sendCommand(fn, { ...ada, name: 'Grace Hopper' }, { 'ce-id': '??' })
  expect([other.status, other.headers.get('kne-reason')]).toEqual([422, 'event-id-reused'])
  expect(other.headers.get('kne-detail')).toContain('asks for something else')
  expect((await sendCommand(fn, ada, { 'ce-id': '??' })).status).toBe(204)
  expect(await db.$count(students)).toBe(1)
})

test('a source and an id are distinguished, wherever their spaces are', async () => {
  const { fn, db } = await start()
  for (const [source, id] of [
    ['/a b', 'c'],
    ['/a', 'b c'],
    ['/a\\sb', 'c']
  ] as const) {
    expect((await sendCommand(fn, ada, { 'ce-source': source, 'ce-id': id })).status).toBe(204)
  }
  expect(await db.$count(students)).toBe(3)
})

test('an event’s own traceparent comes before that of its delivery, which may be another event’s', async () => {
  const { fn, db } = await start()
  const ofDelivery = '00-11111111111111111111111111111111-2222222222222222-01'
  const own = '00-33333333333333333333333333333333-4444444444444444-01'
  await sendCommand(fn, ada, { traceparent: ofDelivery, 'ce-traceparent': own })
  await sendCommand(fn, ada, { 'ce-id': '2', traceparent: ofDelivery })
  await sendCommand(fn, ada, { 'ce-id': '3', traceparent: ofDelivery, 'ce-traceparent': 'none' })
  const traces = (await db.select().from(outbox).orderBy(outbox.id)).map(({ traceparent }) => traceparent.slice(3, 35))
  expect(traces).toEqual(['3'.repeat(32), '1'.repeat(32), '1'.repeat(32)])
  await eventually('the log line', async () =>
    fn.lines.some(line => line.includes('"delivered"') && line.includes(`"traceId":"${'3'.repeat(32)}"`))
  )
})

test('a command event whose time is over is refused permanently; one done before that is done', async () => {
  const { fn, db } = await start()
  const over = { 'ce-expirytime': '2020-01-01T00:00:00Z' }
  const late = await sendCommand(fn, ada, over)
  expect([late.status, late.headers.get('kne-reason')]).toEqual([422, 'expired'])
  expect(await db.$count(students)).toBe(0)
  expect((await sendCommand(fn, ada, { 'ce-expirytime': '2999-12-31T23:59:59+01:00' })).status).toBe(204)
  expect((await sendCommand(fn, ada, over)).status).toBe(204)
  expect(await db.$count(students)).toBe(1)
  const unclear = await sendCommand(fn, ada, { 'ce-expirytime': 'tomorrow' })
  expect([unclear.status, unclear.headers.get('kne-reason')]).toEqual([422, 'invalid-event'])
})

test('a CloudEvent that lacks an attribute is a 400 that names it', async () => {
  const { fn } = await start()
  const response = await sendCommand(fn, ada, { 'ce-source': '' })
  expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('source missing')])
})

test('a body of 2 MiB is refused while it arrives, declared or not', async () => {
  const { fn } = await start()
  const large = Buffer.alloc(2 * 1024 * 1024, 'a')
  expect(await send(fn, large, { 'content-length': String(large.length) })).toBe(413)
  expect(await send(fn, large, { 'transfer-encoding': 'chunked' })).toBe(413)
})

test('without a database a student is refused for now, and readiness says so', async () => {
  const fn = await startFunction('createStudent', {
    DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:9/none',
    STUDENT_CREATE_TOPIC: 'student_create'
  })
  const response = await post(fn, ada)
  const text = await response.text()
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2'])
  expect(text).not.toContain('127.0.0.1')
  expect((await fetch(`${fn.url}/health/readiness`)).status).toBe(503)
  expect((await fetch(`${fn.url}/health/liveness`)).status).toBe(200)
  expect(fn.lines.join()).not.toContain('secret')
})

test('a database connection that breaks in the middle of a request fails that request and not the process', async () => {
  const { fn, db } = await start()
  await fetch(`${fn.url}/health/readiness`) // opens a connection outside of any request
  const status = await db.transaction(async tx => {
    await tx.execute(sql`lock table students`)
    const blocked = post(fn, ada)
    await eventually('the insert to wait', async () => {
      const { rowCount } = await tx.execute(sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'createStudent' and wait_event_type = 'Lock'`)
      return (rowCount ?? 0) > 0
    })
    return (await blocked).status
  })
  expect(status).toBe(503)
  expect((await post(fn, ada)).status).toBe(201)
  expect(fn.lines.join('\n')).not.toMatch(/Ada Lovelace|ada@example\.com/)
})

test('a wrong environment ends the process with every problem in one message', async () => {
  const started = startFunction('createStudent', { DATABASE_URL: 'mysql://x', STUDENT_CREATE_TOPIC: 'a b', PORT: 'x' })
  await expect(started).rejects.toThrow(/ended with 78[^]*PORT[^]*DATABASE_URL[^]*STUDENT_CREATE_TOPIC/)
})

test('on SIGTERM a request in flight is answered before the process ends', async () => {
  const { fn } = await start()
  const answer = new Promise<number | undefined>((resolve, reject) => {
    const headers = { 'content-type': 'application/json', expect: '100-continue' }
    const call = request(fn.url, { method: 'POST', headers }, response => resolve(response.statusCode))
    call.on('error', reject)
    call.flushHeaders()
    call.once('continue', async () => {
      fn.signal('SIGTERM')
      await eventually('the drain to begin', async () => fn.lines.some(line => line.includes('draining')))
      call.end(JSON.stringify(ada))
    })
  })
  expect(await answer).toBe(201)
  expect(await fn.exited).toBe(0)
})

async function start() {
  const { db, url } = await testDatabase()
  return { db, fn: await startFunction('createStudent', { DATABASE_URL: url, STUDENT_CREATE_TOPIC: 'student_create' }) }
}

function post(fn: FunctionProcess, body: unknown, headers: Record<string, string> = {}) {
  return fetch(fn.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body)
  })
}

function sendCommand(fn: FunctionProcess, data: unknown, headers: Record<string, string> = {}) {
  return post(fn, data, {
    'ce-specversion': '1.0',
    'ce-id': 'command-1',
    'ce-source': '/test',
    'ce-type': createType,
    ...headers
  })
}

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
