import { fromBinary } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { testDatabase } from '../../infra/test/database.ts'
import { type FunctionProcess, startFunction } from '../../infra/test/function-process.ts'
import { StudentDeletedSchema } from '../../schemas/generated/school/student/v1/student_deleted_pb.ts'
import { outbox } from '../runtime/tables/publishing.ts'
import { students } from '../students/tables.ts'

const id = '0190a0a0-0000-7000-8000-000000000001'

test('a deleted student is gone, and its event carries the id and nothing of the person', async () => {
  const { fn, db } = await start()
  const response = await remove(fn)
  expect([response.status, await response.text()]).toEqual([204, ''])
  expect(await db.$count(students)).toBe(0)
  const [event] = await db.select().from(outbox)
  expect(event).toMatchObject({ topic: 'student_delete', key: id, subject: id, sequence: '0000000002' })
  const data = fromBinary(StudentDeletedSchema, event?.payload ?? Buffer.alloc(0))
  expect(data).toMatchObject({ id, version: 2 })
  expect(event?.payload.toString('latin1')).not.toContain('Ada')
})

test('a deletion made from another version is a conflict, an unknown student a 404, a bad version a 400', async () => {
  const { fn, db } = await start()
  expect((await remove(fn, `/${id}?version=7`)).status).toBe(409)
  expect((await remove(fn, '/nobody')).status).toBe(404)
  expect((await remove(fn, `/${id}?version=x`)).status).toBe(400)
  expect((await remove(fn, `/${id}?name=x`)).status).toBe(400)
  expect(await db.$count(students)).toBe(1)
  expect((await remove(fn, `/${id}?version=1`)).status).toBe(204)
})

test('with an Idempotency-Key, a deletion sent again is answered again', async () => {
  const { fn, db } = await start()
  for (const _ of [1, 2]) expect((await remove(fn, `/${id}`, { 'idempotency-key': 'once' })).status).toBe(204)
  expect(await db.$count(outbox)).toBe(1)
})

test('as an event delivered twice, a student is deleted once', async () => {
  const { fn, db } = await start()
  for (const _ of [1, 2]) expect((await sendCommand(fn, { id })).status).toBe(204)
  expect(await db.$count(outbox)).toBe(1)
  expect(await db.$count(students)).toBe(0)
})

async function start() {
  const { db, url } = await testDatabase()
  await db.insert(students).values({ id, userId: 'user-1', name: 'Ada', email: 'ada@example.com', version: 1 })
  return { db, fn: await startFunction('deleteStudent', { DATABASE_URL: url, STUDENT_DELETE_TOPIC: 'student_delete' }) }
}

function remove(fn: FunctionProcess, path = `/${id}`, headers: Record<string, string> = {}) {
  return fetch(`${fn.url}${path}`, { method: 'DELETE', headers })
}

function sendCommand(fn: FunctionProcess, data: unknown) {
  return fetch(fn.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': 'command-1',
      'ce-source': '/test',
      'ce-type': 'school.student.v1.DeleteStudent'
    },
    body: JSON.stringify(data)
  })
}
