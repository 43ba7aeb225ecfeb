import { expect, test } from 'vitest'
import { testDatabase } from '../../infra/test/database.ts'
import { eventually } from '../../infra/test/function-process.ts'
import { studentEvent } from '../../infra/test/student-event.ts'
import { inTransaction } from '../runtime/host/transaction.ts'
import { recordLetter } from '../runtime/delivery/dead-letters.ts'
import { PermanentFailure } from '../runtime/errors.ts'
import { fences, heldEvents } from '../runtime/tables/deliveries.ts'
import { deadLetters } from '../runtime/tables/letters.ts'
import { timeline } from '../students/tables.ts'
import { leaseLetters } from './lease-letters.ts'
import { ReplayCommand } from './letter-filter.ts'
import { abortReplay, previewReplay } from './replay-job.ts'
import { resendLetter } from './resend-letter.ts'
import { startFunctions } from './testing/functions.ts'
import { deliver, fromKnative, published } from './testing/events.ts'
import { command, letters, send } from './testing/operator.ts'

const start = startFunctions('any')

test('an edited event keeps its id and its place, and the letter keeps both versions: who, when and why', async () => {
  const { replay, any, db } = await start()
  await deliver(any, studentEvent({ version: 1 }, { data: Buffer.from([0xff]) }))
  await deliver(any, studentEvent({ version: 2 }))
  const [letter] = await letters(replay)
  const data = { id: 'student-1', userId: 'user-1', name: 'Mended', email: 'ada@example.com', version: 1 }
  const edit = { reason: 'the bytes were cut', by: 'Grace', data }
  const answer = await send(replay, `/${letter?.id}/resend`, edit)
  expect(answer).toMatchObject({ status: 200, body: { replayed: [{ state: 'resolved' }] } })
  expect(await db.select().from(timeline)).toMatchObject([
    { eventId: 'event-student-1-1', name: 'Mended', sequence: 1 },
    { sequence: 2 }
  ])
  const one: unknown = await (await fetch(`${replay.url}/${letter?.id}`)).json()
  expect(one).toMatchObject({
    state: 'resolved',
    event: { id: 'event-student-1-1' },
    data: { base64: '/w==' },
    edit: {
      by: 'Grace',
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      reason: 'the bytes were cut',
      data: { name: 'Mended' }
    },
    history: [{ name: 'edited: the bytes were cut', result: 'resolved' }]
  })
  expect(await letters(replay)).toMatchObject([{ edit: { by: 'Grace', reason: 'the bytes were cut' } }])
})

test('a letter whose edit was refused can be edited again', async () => {
  const { replay, any, db } = await start()
  await deliver(any, studentEvent({ version: 1 }, { data: Buffer.from([0xff]) }))
  const [letter] = await letters(replay)
  await send(replay, `/${letter?.id}/resend`, { reason: 'x', data: { id: 'student-1', version: 7 } })
  expect(await letters(replay)).toMatchObject([{ id: letter?.id, state: 'open', attempts: 2 }])
  const data = { id: 'student-1', userId: 'user-1', name: 'Mended', email: 'ada@example.com', version: 1 }
  expect(await send(replay, `/${letter?.id}/resend`, { reason: 'x', data })).toMatchObject({ status: 200 })
  expect(await db.select().from(timeline)).toMatchObject([{ name: 'Mended' }])
})

test('a letter whose event waits for its turn can be edited, and the edit has its turn', async () => {
  const { replay, db } = await start()
  await published(db, { version: 1 })
  const early = await published(db, { version: 2 })
  await deliver(replay, fromKnative(early, { function: 'onAnyStudent', knativeerrorcode: '503' }), '/dead-letters')
  await command(replay, {})
  expect(await db.select().from(heldEvents)).toMatchObject([{ eventId: early.id }])
  const [letter] = await letters(replay)
  const data = { id: 'student-1', userId: 'user-1', name: 'Mended', email: 'ada@example.com', version: 2 }
  await send(replay, `/${letter?.id}/resend`, { reason: 'x', data })
  expect(await letters(replay)).toMatchObject([{ state: 'open', detail: expect.stringContaining('held') }])
  await db.update(fences).set({ sequence: 1 }) // as after a crash: its turn has come, and nobody continues with it
  await eventually('the edit', async () => (await db.select().from(timeline))[0]?.name === 'Mended')
})

test('an edit that reached nobody is what the next replay sends', async () => {
  const { replay, any, db } = await start()
  await deliver(any, studentEvent({ version: 1 }, { data: Buffer.from([0xff]) }))
  const [letter] = await letters(replay)
  const data = { id: 'student-1', userId: 'user-1', name: 'Mended', email: 'ada@example.com', version: 1 }
  const jobId = await resendLetter(db, letter?.id ?? '', { reason: 'x', data })
  await abortReplay(db, jobId).catch(() => undefined) // the replayer may have been faster
  await eventually('the end of the job', async () => (await letters(replay))[0]?.state !== 'replaying')
  await command(replay, {})
  expect(await db.select().from(timeline)).toMatchObject([{ name: 'Mended' }])
})

test('an edited event that is refused leaves the letter open, and data that does not fit is a 400', async () => {
  const { replay, any } = await start()
  await deliver(any, studentEvent({ version: 1 }, { data: Buffer.from([0xff]) }))
  const [letter] = await letters(replay)
  const other = { id: 'student-1', name: 'x', version: 7 }
  expect(await send(replay, `/${letter?.id}/resend`, { reason: 'x', data: other })).toMatchObject({ status: 422 })
  expect(await send(replay, `/${letter?.id}/resend`, { reason: 'x', data: { age: 7 } })).toMatchObject({ status: 400 })
  expect((await letters(replay, '?reason=invalid-event&state=open')).map(({ id }) => id)).toEqual([letter?.id])
})

test('an expired command is sent again without its expirytime, and a dry run says that it has to be', async () => {
  const { db } = await testDatabase()
  const event = { id: 'command', source: '/test', type: 'school.student.v1.CreateStudent', data: Buffer.from('{}') }
  const attributes = { id: event.id, source: event.source, type: event.type, expirytime: '2026-01-02T03:04:05Z' }
  const failure = new PermanentFailure('expired', 'the command was to be done before 2026-01-02T03:04:05.000Z')
  await inTransaction(db, tx =>
    recordLetter(tx, { name: 'createStudent', accepts: [] }, { ...event, attributes }, failure)
  )
  expect(await previewReplay(db, ReplayCommand.parse({}), 10)).toMatchObject({
    warnings: [expect.stringContaining('1 letter has expired')]
  })
  const [letter] = await db.select().from(deadLetters)
  const jobId = await resendLetter(db, letter?.id ?? '', { reason: 'still wanted', data: {} })
  const [sent] = await leaseLetters(db, jobId, 1_000)
  const { expirytime: _, ...wanted } = attributes
  expect(sent?.attributes).toEqual(wanted)
})
