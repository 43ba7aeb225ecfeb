import { fromBinary } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { testDatabase } from '../../infra/test/database.ts'
import { type FunctionProcess, startFunction } from '../../infra/test/function-process.ts'
import { StudentUpdatedSchema } from '../../schemas/generated/school/student/v1/student_updated_pb.ts'
import { outbox } from '../runtime/tables/publishing.ts'
import { students } from '../students/tables.ts'

const id = '0190a0a0-0000-7000-8000-000000000001'
const ada = { id, userId: 'user-1', name: 'Ada', email: 'ada@example.com', version: 1 }

test('a change keeps what it does not name, counts the version and holds the whole student in its event', async () => {
  const { fn, db } = await start()
  const response = await patch(fn, { name: 'Ada Lovelace' })
  expect([response.status, await response.json()]).toEqual([200, { ...ada, name: 'Ada Lovelace', version: 2 }])
  const [event] = await db.select().from(outbox)
  expect(event).toMatchObject({ topic: 'student_update', key: id, sequence: '0000000002' })
  expect(fromBinary(StudentUpdatedSchema, event?.payload ?? Buffer.alloc(0))).toMatchObject({
    id,
    name: 'Ada Lovelace',
    email: ada.email,
    version: 2
  })
})

test('changes made at the same moment each get a version of their own', async () => {
  const { fn, db } = await start()
  const answers = await Promise.all([1, 2, 3, 4, 5].map(n => patch(fn, { name: `Name ${n}` })))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
  const sequences = (await db.select().from(outbox)).map(({ sequence }) => Number(sequence))
  expect(sequences.toSorted()).toEqual([2, 3, 4, 5, 6])
})

test('a change made from another version is a conflict and changes nothing', async () => {
  const { fn, db } = await start()
  expect((await patch(fn, { name: 'First', version: 1 })).status).toBe(200)
  const late = await patch(fn, { name: 'Second', version: 1 })
  expect([late.status, await late.text()]).toEqual([409, expect.stringContaining('the student is at 2')])
  expect(await db.select().from(students)).toMatchObject([{ name: 'First', version: 2 }])
})

test('an unknown student, an empty change and an unknown field are refused', async () => {
  const { fn, db } = await start()
  expect((await patch(fn, { name: 'x' }, 'nobody')).status).toBe(404)
  expect((await patch(fn, {})).status).toBe(400)
  expect((await patch(fn, { userId: 'user-2' })).status).toBe(400)
  expect((await patch(fn, { name: 'x', version: 0 })).status).toBe(400)
  expect(await db.$count(outbox)).toBe(0)
})

test('as an event, a conflict is permanent: Knative would try a 409 again', async () => {
  const { fn } = await start()
  const conflict = await sendCommand(fn, { id, name: 'x', version: 7 })
  expect([conflict.status, conflict.headers.get('kne-reason')]).toEqual([422, 'version-conflict'])
  const unknown = await sendCommand(fn, { id: 'nobody', name: 'x' })
  expect([unknown.status, unknown.headers.get('kne-reason')]).toEqual([422, 'unknown-student'])
})

test('as an event delivered twice, a change is made once', async () => {
  const { fn, db } = await start()
  for (const _ of [1, 2]) expect((await sendCommand(fn, { id, name: 'Once' })).status).toBe(204)
  expect(await db.select().from(students)).toMatchObject([{ name: 'Once', version: 2 }])
})

async function start() {
  const { db, url } = await testDatabase()
  await db.insert(students).values(ada)
  return { db, fn: await startFunction('updateStudent', { DATABASE_URL: url, STUDENT_UPDATE_TOPIC: 'student_update' }) }
}

function patch(fn: FunctionProcess, body: unknown, student = id) {
  return fetch(`${fn.url}/${student}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body)
  })
}

function sendCommand(fn: FunctionProcess, data: unknown) {
  return fetch(fn.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': 'command-1',
      'ce-source': '/test',
      'ce-type': 'school.student.v1.UpdateStudent'
    },
    body: JSON.stringify(data)
  })
}
