import { expect, test } from 'vitest'
import { eventually } from '../../infra/test/function-process.ts'
import { studentEvent } from '../../infra/test/student-event.ts'
import { commandAnswers } from '../runtime/tables/commands.ts'
import { deadLetters } from '../runtime/tables/letters.ts'
import { replayJobs } from '../runtime/tables/replays.ts'
import { directory, users } from '../students/tables.ts'
import { startFunctions } from './testing/functions.ts'
import { deliver, user } from './testing/events.ts'
import { command, letters } from './testing/operator.ts'

const start = startFunctions('create')

test('a dry run says what would be replayed and replays nothing', async () => {
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

test('a dry run that came as an event replays nothing and leaves an answer, as every command does', async () => {
  const { replay, create, db } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  const headers = {
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-id': 'a-dry-run',
    'ce-source': '/a-test',
    'ce-type': 'school.student.v1.ReplayDeadLetters'
  }
  const response = await fetch(replay.url, { method: 'POST', headers, body: '{"dryRun":true}' })
  expect(response.status).toBe(204)
  expect(await db.select().from(commandAnswers)).toMatchObject([{ key: 'event:/a-test a-dry-run', status: 204 }])
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

test('a replay command repeated under its key starts no second replay', async () => {
  const { replay, create, db } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  const body = JSON.stringify({ reason: 'user-not-found' })
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'once' }
  for (const _ of [1, 2]) await fetch(replay.url, { method: 'POST', headers, body })
  expect(await db.$count(replayJobs)).toBe(1)
})

test('a replay that fails again leaves the letter open, with its history', async () => {
  const { replay, create } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  expect(await command(replay, {})).toMatchObject({ replayed: [{ state: 'open' }] })
  expect(await letters(replay)).toMatchObject([{ state: 'open', attempts: 2, replays: 1 }])
})

test('a replay that fails again does not forget which record it was', async () => {
  const { replay, create } = await start()
  const event = studentEvent({ version: 1 })
  const record = { kafkatopic: 'student_create', knativekafkapartition: '3', knativekafkaoffset: '7' }
  await deliver(create, { ...event, attributes: { ...event.attributes, ...record } })
  await command(replay, {})
  expect(await letters(replay)).toMatchObject([{ topic: 'student_create', partition: 3, offset: 7, attempts: 2 }])
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
