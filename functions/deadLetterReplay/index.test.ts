import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { testDatabase } from '../../infra/test/database.ts'
import { eventually, type FunctionProcess, startFunction } from '../../infra/test/function-process.ts'
import { studentEvent } from '../../infra/test/student-event.ts'
import { onAnyStudent } from '../onAnyStudent/handler.ts'
import { deliverInOrder } from '../shared/deliver-in-order.ts'
import type { ReceivedEvent } from '../shared/received-event.ts'
import { deadLetters, directory, timeline, users } from '../shared/tables.ts'

const user = { id: 'user-1', name: 'Ada', email: 'ada@example.com' }

test('a letter is read back decoded, with its reason and state', async () => {
  const { replay, create } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  expect(await letters(replay)).toEqual([
    expect.objectContaining({
      function: 'onStudentCreate',
      reason: 'user-not-found',
      class: 'permanent',
      state: 'open',
      attempts: 1,
      event: expect.objectContaining({ type: 'school.student.v1.StudentCreated', sequence: '0000000001' }),
      data: expect.objectContaining({ id: 'student-1', userId: 'user-1', version: 1 })
    })
  ])
})

test('Knative’s copy of a letter adds its status and changes nothing else', async () => {
  const { replay, create } = await start()
  const event = studentEvent({ version: 1 })
  await deliver(create, event)
  expect((await deliver(replay, fromKnative(event, { knativeerrorcode: '422' }), '/dead-letters')).status).toBe(204)
  expect(await letters(replay)).toMatchObject([
    { reason: 'user-not-found', class: 'permanent', status: 422, attempts: 1 }
  ])
})

test('a letter that only Knative saw is kept with what Knative knows', async () => {
  const { replay } = await start()
  const reached = fromKnative(studentEvent({ version: 1 }), { knativeerrorcode: '503' })
  const unreached = fromKnative(studentEvent({ version: 2 }), {})
  await deliver(replay, reached, '/dead-letters')
  await deliver(replay, unreached, '/dead-letters')
  const [newer, older] = await letters(replay)
  expect(older).toMatchObject({ class: 'exhausted', reason: 'retries-exhausted', status: 503, state: 'open' })
  expect(newer).toMatchObject({ class: 'unreachable', reason: 'unreachable', status: null, state: 'open' })
  expect(Object.keys(older?.event ?? {})).not.toContain('knativeerrordest')
})

test('a letter about an event that was handled since is kept as resolved', async () => {
  const { replay, db } = await start()
  const event = studentEvent({ version: 1 })
  await deliverInOrder(db, onAnyStudent, event)
  await deliver(replay, fromKnative(event, { function: 'onAnyStudent', knativeerrorcode: '503' }), '/dead-letters')
  expect(await letters(replay)).toMatchObject([{ function: 'onAnyStudent', state: 'resolved' }])
})

test('without a name on it, a letter belongs to the function at the address that did not answer', async () => {
  const { replay, create } = await start()
  const letter = fromKnative(studentEvent({ version: 1 }), { knativeerrordest: `${create.url}/` })
  const { function: _, ...attributes } = letter.attributes
  await deliver(replay, { ...letter, attributes }, '/dead-letters')
  expect(await letters(replay)).toMatchObject([{ function: 'onStudentCreate' }])
})

test('a user who appears releases what waited for it, with no further call', async () => {
  const { replay, create, db } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  await db.insert(users).values(user)
  expect((await deliver(replay, userChange('user-1'), '/users')).status).toBe(204)
  await eventually(
    'the student to be active',
    async () => (await db.$count(directory, eq(directory.status, 'active'))) === 1
  )
  await eventually('the letter to be resolved', async () => (await letters(replay))[0]?.state === 'resolved')
})

test('a user who appears releases nothing that waits for another', async () => {
  const { replay, create, db } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  await deliver(replay, userChange('user-2'), '/users')
  expect(await db.select().from(deadLetters)).toMatchObject([{ state: 'open', dueAt: null, replays: 0 }])
})

test('a dry run tells what would be replayed and replays nothing', async () => {
  const { replay, create, db } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  await db.insert(users).values(user)
  const answer = await command(replay, { reason: 'user-not-found', dryRun: true })
  expect(answer).toMatchObject({
    dryRun: true,
    count: 1,
    wouldReplay: [{ function: 'onStudentCreate', student: 'student-1' }]
  })
  expect(await db.select().from(deadLetters)).toMatchObject([{ state: 'open', dueAt: null, replays: 0 }])
})

test('a replay by reason answers what became of each letter, and a second one finds nothing to do', async () => {
  const { replay, create, db } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  await db.insert(users).values(user)
  expect(await command(replay, { reason: 'another' })).toMatchObject({ count: 0, replayed: [] })
  expect(await command(replay, { reason: 'user-not-found' })).toMatchObject({
    count: 1,
    replayed: [{ state: 'resolved' }]
  })
  expect(await command(replay, {})).toMatchObject({ count: 0 })
  expect(await db.$count(directory)).toBe(1)
})

test('a replay that fails again leaves the letter open, with its history', async () => {
  const { replay, create } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  expect(await command(replay, {})).toMatchObject({ replayed: [{ state: 'open' }] })
  expect(await letters(replay)).toMatchObject([{ state: 'open', attempts: 2, replays: 1 }])
})

test('a replay of one letter by its id leaves the others alone', async () => {
  const { replay, create, db } = await start()
  await deliver(create, studentEvent({ id: 'student-1', version: 1 }))
  await deliver(create, studentEvent({ id: 'student-2', version: 1 }))
  await db.insert(users).values(user)
  const [chosen] = await letters(replay, '?student=student-2')
  await command(replay, { ids: [chosen?.id] })
  expect((await letters(replay, '?state=open')).map(letter => letter.event.subject)).toEqual(['student-1'])
})

test('letters whose replayer died are taken over when its lease has ended', async () => {
  const { replay, create, db } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  await db.insert(users).values(user)
  await db.update(deadLetters).set({ state: 'replaying', leasedUntil: new Date(Date.now() - 1_000) })
  await eventually('the takeover', async () => (await letters(replay))[0]?.state === 'resolved')
})

test('a command as an event replays as well', async () => {
  const { replay, create, db } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  await db.insert(users).values(user)
  const response = await fetch(replay.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': '1',
      'ce-source': '/test',
      'ce-type': 'school.student.v1.ReplayDeadLetters'
    },
    body: '{}'
  })
  expect(response.status).toBe(204)
  await eventually('the replay', async () => (await letters(replay))[0]?.state === 'resolved')
})

test('bytes that nothing can decode are shown as they are', async () => {
  const { replay } = await start()
  const event = studentEvent({ version: 1 }, { data: Buffer.from([0xff, 0xfe]) })
  await deliver(replay, fromKnative(event, { knativeerrorcode: '422' }), '/dead-letters')
  expect(await letters(replay)).toMatchObject([{ data: { base64: '//4=' } }])
})

test('pages go on where the one before ended, and a wrong filter is named', async () => {
  const { replay, create } = await start()
  for (const n of [1, 2, 3]) await deliver(create, studentEvent({ id: `student-${n}`, version: 1 }))
  const first = (await (await fetch(`${replay.url}/?limit=2`)).json()) as { deadLetters: Letter[]; next: string }
  expect(first.deadLetters).toHaveLength(2)
  expect((await letters(replay, `?limit=2&after=${first.next}`)).map(({ event }) => event.subject)).toEqual([
    'student-1'
  ])
  const wrong = await fetch(`${replay.url}/?colour=red`)
  expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining('colour: unknown field')])
})

test('a held event shows behind the letter that holds it', async () => {
  const { replay, db } = await start()
  const broken = studentEvent({ version: 1 }, { data: Buffer.from([0xff]) })
  await expect(deliverInOrder(db, onAnyStudent, broken)).rejects.toThrow('data is not')
  await deliverInOrder(db, onAnyStudent, studentEvent({ version: 2 }))
  expect(await letters(replay)).toMatchObject([{ held: 1 }])
  expect(await db.$count(timeline)).toBe(0)
})

interface Letter {
  readonly id: string
  readonly state: string
  readonly event: Record<string, string>
}

async function start() {
  const { db, url } = await testDatabase()
  const create = await startFunction('onStudentCreate', { DATABASE_URL: url })
  const replay = await startFunction('deadLetterReplay', {
    DATABASE_URL: url,
    FUNCTION_URLS: `onStudentCreate=${create.url}`,
    REPLAY_POLL_MS: '100'
  })
  return { db, create, replay }
}

function deliver(fn: FunctionProcess, event: ReceivedEvent, path = '/') {
  return fetch(`${fn.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json' },
    body: JSON.stringify({ ...event.attributes, data_base64: event.data.toString('base64') })
  })
}

function fromKnative(event: ReceivedEvent, added: Record<string, string>): ReceivedEvent {
  const attributes = {
    ...event.attributes,
    function: 'onStudentCreate',
    knativeerrordest: 'http://on-student-create.students.svc.cluster.local/',
    knativekafkapartition: '0',
    knativekafkaoffset: '7',
    ...added
  }
  return { ...event, attributes }
}

/** As Debezium's CloudEvents converter writes a row. */
function userChange(id: string): ReceivedEvent {
  const attributes = {
    specversion: '1.0',
    id: `user-change-${id}`,
    source: '/debezium/postgresql/db',
    type: 'io.debezium.connector.postgresql.DataChangeEvent',
    datacontenttype: 'application/json'
  }
  const data = Buffer.from(JSON.stringify({ before: null, after: { ...user, id } }))
  return { ...attributes, attributes, data }
}

async function letters(fn: FunctionProcess, query = ''): Promise<Letter[]> {
  const answer = (await (await fetch(`${fn.url}/${query}`)).json()) as { deadLetters: Letter[] }
  return answer.deadLetters
}

async function command(fn: FunctionProcess, body: unknown): Promise<unknown> {
  const response = await fetch(fn.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body)
  })
  expect(response.status).toBe(200)
  return response.json()
}
