// The student flow through PostgreSQL, Debezium, three brokers and the functions, seen from outside.
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { expect, inject, test } from 'vitest'
import { until } from '../../knative-local/testing.ts'
import { codecsInLog, deliverAgain, lag } from './kafka.ts'
import {
  createStudent,
  deadLettersOf,
  eventually,
  functionUrl,
  newUserId,
  readStudent,
  send,
  updateStudent
} from './students.ts'

const eventType = 'school.student.v1'
/** In a batch's attributes. https://kafka.apache.org/documentation/#recordbatch */
const snappy = 2

test('a student of a known user becomes active in the directory', async () => {
  const { id } = await createStudent({ userId: 'user-1', name: 'Ada Lovelace' })
  const { directory, timeline } = await eventually(
    id,
    view => view.directory?.status === 'active' && view.timeline.length > 0
  )
  expect(directory).toEqual({ status: 'active', name: 'Ada Lovelace', email: 'ada@example.com', version: 1 })
  expect(timeline.map(({ type, sequence }) => [type, sequence])).toEqual([[`${eventType}.StudentCreated`, 1]])
})

test('updates arrive in order, each once', async () => {
  const { id } = await createStudent({ userId: 'user-2', name: 'version 1' })
  for (let version = 2; version <= 10; version++) await updateStudent(id, { name: `version ${version}` })

  const { directory, timeline } = await eventually(
    id,
    view => view.directory?.version === 10 && view.timeline.length >= 10
  )
  expect(directory).toMatchObject({ status: 'active', name: 'version 10' })
  expect(timeline.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
})

test('a deleted student leaves the directory and keeps its timeline, all types in one order', async () => {
  const { id } = await createStudent({ userId: 'user-1', name: 'Short Stay' })
  await updateStudent(id, { name: 'Shorter Stay' })
  const answer = await send('DELETE', `${functionUrl('deleteStudent')}/${id}`)
  expect([answer.status, answer.text]).toEqual([204, ''])
  const { student, directory, timeline } = await eventually(
    id,
    view => view.directory === null && view.timeline.length >= 3
  )
  expect([student, directory]).toEqual([null, null])
  expect(timeline.map(({ type, sequence }) => [type, sequence])).toEqual([
    [`${eventType}.StudentCreated`, 1],
    [`${eventType}.StudentUpdated`, 2],
    [`${eventType}.StudentDeleted`, 3]
  ])
  expect((await send('DELETE', `${functionUrl('deleteStudent')}/${id}`)).status).toBe(404)
})

test('a student of an unknown user is a dead letter that can be read, and is active as soon as the user appears', async () => {
  const userId = newUserId()
  const { id } = await createStudent({ userId, name: 'Nobody Yet', email: 'nobody@example.com' })
  await until('the dead letter', 30_000, async () => (await deadLettersOf(id)).length > 0)

  const [letter, ...others] = await deadLettersOf(id)
  expect(others).toEqual([])
  expect(letter).toMatchObject({
    function: 'onStudentCreate',
    reason: 'user-not-found',
    class: 'permanent',
    state: 'open',
    event: { type: `${eventType}.StudentCreated`, subject: id },
    data: { id, userId, name: 'Nobody Yet', email: 'nobody@example.com' }
  })
  expect((await readStudent(id)).directory).toBeNull()

  await sql('insert into users (id, name, email) values ($1, $2, $3)', [userId, 'Nobody Yet', 'nobody@example.com'])
  await eventually(id, view => view.directory?.status === 'active')
  await until('the letter to be resolved', 30_000, async () => (await deadLettersOf(id))[0]?.state === 'resolved')
})

test('an update that comes while the create waits is held, and applied after it', async () => {
  const userId = newUserId()
  const { id } = await createStudent({ userId, name: 'before' })
  await until('the dead letter', 30_000, async () => (await deadLettersOf(id)).length > 0)
  await updateStudent(id, { name: 'after' })
  await eventually(id, view => view.timeline.length === 2)
  expect((await readStudent(id)).directory?.status).not.toBe('active')

  await sql('insert into users (id, name, email) values ($1, $2, $3)', [userId, 'Late', 'late@example.com'])
  const { directory } = await eventually(
    id,
    view => view.directory?.status === 'active' && view.directory.version === 2
  )
  expect(directory?.name).toBe('after')
})

test('replaying by command resolves a letter once its cause is gone, and only then', async () => {
  const userId = newUserId()
  const { id } = await createStudent({ userId })
  await until('the dead letter', 30_000, async () => (await deadLettersOf(id)).length > 0)
  const preview = await send('POST', functionUrl('deadLetterReplay'), { student: id, dryRun: true })
  expect(preview.status).toBe(200)

  await send('POST', functionUrl('deadLetterReplay'), { student: id })
  await until('the letter to be open again', 30_000, async () => {
    const [letter] = await deadLettersOf(id)
    return letter?.state === 'open' && Number(letter.replays) > 0
  })
  expect((await readStudent(id)).directory).toBeNull()
})

test('every event delivered a second time changes nothing', async () => {
  const { id } = await createStudent({ userId: 'user-3', name: 'version 1' })
  await updateStudent(id, { name: 'version 2' })
  await updateStudent(id, { name: 'version 3' })
  const before = await eventually(id, view => view.directory?.version === 3 && view.timeline.length === 3)

  expect(await deliverAgain(id)).toBe(3)
  // A later event of the same student has passed the copies on its partition when it has been applied.
  await updateStudent(id, { name: 'version 4' })
  const after = await eventually(id, view => view.directory?.version === 4 && view.timeline.length >= 4)
  await until('all copies to be consumed', 30_000, async () => (await lag()) === 0)

  expect((await readStudent(id)).timeline.slice(0, 3)).toEqual(before.timeline)
  expect(after.timeline).toHaveLength(4)
  const rows = await sql(
    'select function, event_id, count(*)::int as times from handled_events where entity = $1 group by 1, 2',
    [id]
  )
  expect(rows.map(({ times }) => times)).toEqual(rows.map(() => 1))
  expect(rows).toHaveLength(4 + 1 + 3) // onAnyStudent 4, onStudentCreate 1, onStudentUpdate 3
})

test('commands go through the Broker, once for each event id', async () => {
  const name = `By Event ${randomUUID()}`
  const { ingress } = inject('endpoints')
  const headers = {
    'ce-specversion': '1.0',
    'ce-type': `${eventType}.CreateStudent`,
    'ce-source': '/test',
    'ce-id': randomUUID()
  }
  for (let time = 1; time <= 2; time++) {
    const answer = await send(
      'POST',
      `${ingress.url}/students/default`,
      { userId: 'user-1', name, email: 'e@example.com' },
      headers
    )
    expect(answer.status).toBe(202)
  }
  const found = () => sql('select id from students where name = $1', [name])
  await until('the student to be created', 30_000, async () => (await found()).length > 0)
  await until('the second command to be consumed', 30_000, async () => (await lag()) === 0)
  const students = await found()
  expect(students).toHaveLength(1)
  const id = String(students[0]?.id)
  await eventually(id, view => view.directory?.status === 'active')

  const update = { ...headers, 'ce-type': `${eventType}.UpdateStudent`, 'ce-id': randomUUID() }
  await send('POST', `${ingress.url}/students/default`, { id, name: `${name} changed` }, update)
  await eventually(id, view => view.directory?.name === `${name} changed`)
})

test('what Debezium writes is compressed with snappy', async () => {
  const { id } = await createStudent({ userId: 'user-1' })
  await updateStudent(id, { name: 'compressed' })
  await eventually(id, view => view.directory?.version === 2)
  const codecs = new Set(await codecsInLog('student_update'))
  expect(codecs).toContain(snappy)
})

async function sql(text: string, values: readonly unknown[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: inject('endpoints').postgres.url })
  await client.connect()
  try {
    return (await client.query(text, [...values])).rows
  } finally {
    await client.end()
  }
}
