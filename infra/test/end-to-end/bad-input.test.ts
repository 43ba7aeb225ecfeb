// What a caller gets for a request that cannot be taken: a 4xx problem that names the field, and nothing else.
import { randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { expect, inject, test } from 'vitest'
import { z } from 'zod'
import { createStudent, functionUrl, send } from './students.ts'

const Problem = z.object({
  status: z.number(),
  title: z.string(),
  detail: z.string().optional(),
  errors: z.array(z.looseObject({})).optional()
})
const good = { userId: 'user-1', name: 'Ada Lovelace', email: 'ada@example.com' }

test.each([
  ['invalid JSON', '{"userId":', ''],
  ['a wrong type', { ...good, name: 7 }, 'name'],
  ['a missing field', { userId: 'user-1', name: 'Ada' }, 'email'],
  ['an unknown field', { ...good, grade: 1 }, 'grade'],
  ['an empty object', {}, 'userId']
])('%s is refused', async (_, body, field) => {
  const answer = await send('POST', functionUrl('createStudent'), body)
  expect(answer.status).toBe(400)
  expectProblem(answer.headers.get('content-type'), answer.text)
  expect(answer.text).toContain(field)
})

test('a wrong content type is refused', async () => {
  const answer = await send('POST', functionUrl('createStudent'), 'userId=user-1', { 'content-type': 'text/plain' })
  expect(answer.status).toBe(415)
  expectProblem(answer.headers.get('content-type'), answer.text)
})

test('a student that does not exist is not found', async () => {
  const read = await send('GET', `${functionUrl('createStudent')}/${randomUUID()}`)
  expect(read.status).toBe(404)
  const update = await send('PATCH', `${functionUrl('updateStudent')}/${randomUUID()}`, { name: 'Nobody' })
  expect(update.status).toBe(404)
  expectProblem(update.headers.get('content-type'), update.text)
})

test('an Idempotency-Key answers again for the same body and refuses another one', async () => {
  const headers = { 'idempotency-key': randomUUID() }
  const first = await send('POST', functionUrl('createStudent'), good, headers)
  const again = await send('POST', functionUrl('createStudent'), good, headers)
  expect([first.status, again.status]).toEqual([201, 201])
  expect(again.json()).toEqual(first.json())

  const other = await send('POST', functionUrl('createStudent'), { ...good, name: 'Another' }, headers)
  expect(other.status).toBe(422)
  expectProblem(other.headers.get('content-type'), other.text)
})

test('a version that is not the present one is a conflict', async () => {
  const { id } = await createStudent({ userId: 'user-1' })
  const answer = await send('PATCH', `${functionUrl('updateStudent')}/${id}`, { name: 'New', version: 7 })
  expect(answer.status).toBe(409)
})

test.each(['content-length', 'chunked'])(
  'a body of 2 MiB is refused while it is still being sent (%s)',
  async transfer => {
    const chunk = Buffer.alloc(64 * 1024, ' ')
    const total = 2 * 1024 * 1024
    const status = await new Promise<number | undefined>((fulfil, reject) => {
      const sending = request(functionUrl('createStudent'), {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(transfer === 'chunked' ? { 'transfer-encoding': 'chunked' } : { 'content-length': total })
        }
      })
      sending.once('response', response => {
        response.resume()
        fulfil(response.statusCode)
      })
      sending.once('error', reject)
      for (let sent = 0; sent < total; sent += chunk.length) sending.write(chunk)
      sending.end()
    })
    expect(status).toBe(413)
  }
)

test('the Broker refuses what is no CloudEvent', async () => {
  const answer = await send('POST', `${inject('endpoints').ingress.url}/students/default`, good)
  expect(answer.status).toBe(400)
})

function expectProblem(contentType: string | null, text: string): void {
  expect(contentType).toMatch(/^application\/problem\+json/)
  Problem.parse(JSON.parse(text))
  expect(text).not.toMatch(/node_modules|\.ts\b|\.cjs\b|\bat .+:\d+:\d+/) // no stack, no path
}
