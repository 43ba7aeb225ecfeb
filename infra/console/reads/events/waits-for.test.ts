import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { fences, heldEvents } from '../../../../functions/runtime/tables/deliveries.ts'
import { deadLetters } from '../../../../functions/runtime/tables/letters.ts'
import { outbox } from '../../../../functions/runtime/tables/publishing.ts'
import { testDatabase } from '../../../test/database.ts'
import type { FunctionOutcome } from './outcomes.ts'
import type { SeenRecord } from './seen-record.ts'
import { whatItWaitsFor } from './waits-for.ts'

const held: FunctionOutcome = { function: 'onAnyStudent', outcome: 'held', reason: '' }
const letterId = '01a21d99-0000-7000-8000-000000000001'
const outboxId = '01a21d99-0000-7000-8000-000000000002'

test('a held event waits for the letter before it, and for what that waits for', async () => {
  const { ask, db } = await start()
  await db.insert(deadLetters).values({ ...letter, waitsFor: 'user:user-9' })
  expect(await ask(held)).toEqual({
    sentence:
      'It waits for sequence 2 of student-1, a dead letter (user-not-found), which waits for the user user-9 to appear. Replay or discard that, and this follows.',
    href: `/letters/${letterId}`
  })
})

test('a letter of another function, or one that is closed, holds nothing', async () => {
  const { ask, db } = await start()
  await db.insert(deadLetters).values([
    { ...letter, function: 'onStudentUpdate' },
    { ...letter, id: outboxId, eventId: 'other', state: 'discarded' }
  ])
  expect(await ask(held)).toMatchObject({ sentence: expect.stringContaining('in no outbox row any more') })
})

test('without a letter it waits for the event before it, by its row', async () => {
  const { ask, db } = await start()
  await db.insert(outbox).values({ ...row, id: outboxId })
  expect(await ask(held)).toEqual({
    sentence: 'It waits for sequence 2 of student-1, which onAnyStudent has not handled yet.',
    href: `/events/id/${outboxId}`
  })
})

test('an event that nobody has read yet waits in its partition', async () => {
  const { ask } = await start()
  expect(await ask({ ...held, outcome: 'waiting' })).toEqual({
    sentence: 'Group on-any-student is at offset 4 of student_update/1: 6 records come first.',
    href: '/groups/on-any-student'
  })
  expect(await ask({ ...held, outcome: 'applied' })).toBeNull()
})

async function start() {
  const { db, url } = await testDatabase()
  const database = new pg.Pool({ connectionString: url })
  database.on('error', () => undefined) // the test's database is dropped under it
  onTestFinished(() => database.end())
  await db.insert(fences).values({ function: 'onAnyStudent', entity: 'student-1', sequence: 1 })
  await db.insert(heldEvents).values({
    function: 'onAnyStudent',
    entity: 'student-1',
    sequence: 3,
    source: '/s',
    eventId: 'e3',
    predecessor: 2,
    attributes: {},
    data: Buffer.alloc(0)
  })
  const committed = new Map([['student_update/1', 4]])
  const sample = { atMs: 0, state: 'Stable', lag: 6, assignments: [], committed }
  const groups = {
    latest: async () => ({ atMs: 0, ranges: [], groups: new Map([['on-any-student', sample]]) }),
    history: () => [],
    stop: async () => undefined
  }
  const record = { topic: 'student_update', partition: 1, offset: 10, source: '/s', id: 'e3' } as SeenRecord
  return {
    db,
    ask: (outcome: FunctionOutcome) => whatItWaitsFor({ database, groups }, outcome, record, 'on-any-student')
  }
}

const letter = {
  id: letterId,
  function: 'onAnyStudent',
  source: '/s',
  eventId: 'e2',
  entity: 'student-1',
  sequence: 2,
  class: 'permanent' as const,
  reason: 'user-not-found',
  detail: '',
  attributes: {},
  data: Buffer.alloc(0)
}
const row = {
  topic: 'student_update',
  key: 'student-1',
  type: 't',
  source: '/s',
  subject: 'student-1',
  time: '2026-01-01T00:00:00Z',
  contentType: 'application/protobuf',
  dataschema: 'http://127.0.0.1/1',
  sequence: '0000000002',
  partitionkey: 'student-1',
  traceparent: '',
  payload: Buffer.alloc(0)
}
