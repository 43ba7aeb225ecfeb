import { sql } from 'drizzle-orm'
import { request } from 'node:http'
import { expect, test } from 'vitest'
import { eventually, startFunction } from '../../infra/test/function-process.ts'
import { ada, post, startFunctionAlone } from './testing/function.ts'

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
  const { fn, db } = await startFunctionAlone()
  await fetch(`${fn.url}/health/readiness`) // opens a connection outside of any request
  const status = await db.transaction(async tx => {
    await tx.execute(sql`lock table students`)
    const blocked = post(fn, ada)
    await eventually('the insert to wait', async () => {
      const { rowCount } = await tx.execute(sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'createStudent' and wait_event_type = 'Lock'`)
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
  const { fn } = await startFunctionAlone()
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
