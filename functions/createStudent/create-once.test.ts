import { fromBinary } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { StudentCreatedSchema } from '../../schemas/generated/school/student/v1/student_created_pb.ts'
import type { Student } from '../students/student-events.ts'
import { outbox } from '../runtime/tables/publishing.ts'
import { students } from '../students/tables.ts'
import { ada, post, startFunctionOnce } from './testing/function.ts'

const start = startFunctionOnce()

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
