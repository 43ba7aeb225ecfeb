import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { testDatabase } from '../../infra/test/database.ts'
import { eventually } from '../../infra/test/function-process.ts'
import { studentEvent } from '../../infra/test/student-event.ts'
import onAnyStudent from '../onAnyStudent/index.ts'
import { inTransaction } from '../runtime/host/transaction.ts'
import { recordLetter } from '../runtime/delivery/dead-letters.ts'
import { deliverInOrder } from '../runtime/delivery/deliver-in-order.ts'
import { PermanentFailure } from '../runtime/errors.ts'
import { fences, heldEvents } from '../runtime/tables/deliveries.ts'
import { deadLetters } from '../runtime/tables/letters.ts'
import { timeline } from '../students/tables.ts'
import { discardLetter } from './discard-letter.ts'
import { advanceFences } from './held-events.ts'
import { startFunctions } from './testing/functions.ts'
import { deliver, fromKnative, published } from './testing/events.ts'
import { command, letters, send } from './testing/operator.ts'

const start = startFunctions('any')

test('a discarded letter moves the fence on purpose, and what was held behind it continues', async () => {
  const { replay, any, db } = await start()
  const broken = studentEvent({ version: 1 }, { data: Buffer.from([0xff]) })
  await deliver(any, broken)
  await deliver(any, studentEvent({ version: 2 }))
  const [letter] = await letters(replay)
  const discarded = await send(replay, `/${letter?.id}/discard`, { reason: 'a test wrote it' })
  expect(discarded).toMatchObject({ status: 200, body: { state: 'discarded', fenceMoved: true } })
  await eventually('the held event', async () => (await db.$count(timeline, eq(timeline.sequence, 2))) === 1)
  expect(await letters(replay)).toMatchObject([{ state: 'discarded', closedBecause: 'discarded: a test wrote it' }])
  expect(await send(replay, `/${letter?.id}/discard`, { reason: 'again' })).toMatchObject({ status: 409 })
  expect((await deliver(any, broken)).status).toBe(204)
})

test('discarding an event whose place another one has moves no fence', async () => {
  const { replay, any, db } = await start()
  await deliver(any, studentEvent({ version: 2 }))
  await deliver(any, studentEvent({ version: 2 }, { attributes: { id: 'rival' } }))
  const [rival] = await letters(replay)
  expect(rival).toMatchObject({ reason: 'sequence-taken', held: 0 })
  const discarded = await send(replay, `/${rival?.id}/discard`, { reason: 'sent twice' })
  expect(discarded).toMatchObject({ body: { fenceMoved: false } })
  await deliver(any, studentEvent({ version: 1 }))
  expect(await db.select().from(timeline)).toMatchObject([{ sequence: 1 }, { eventId: 'event-student-1-2' }])
})

test('discarding a letter moves no fence over another event that is held in its place', async () => {
  const { db } = await testDatabase()
  const original = studentEvent({ version: 2 })
  const failure = new PermanentFailure('refused', 'refused for the test')
  await inTransaction(db, tx =>
    recordLetter(tx, onAnyStudent, original, failure, { entity: 'student-1', sequence: 2, predecessor: 1 })
  )
  const another = studentEvent({ version: 2 }, { attributes: { id: 'another' } })
  expect(await deliverInOrder(db, onAnyStudent, another)).toBe('held')
  await db.update(fences).set({ sequence: 1 }) // as after a crash: its turn has come, and nobody continues with it
  const [letter] = await db.select().from(deadLetters)
  expect(await discardLetter(db, letter?.id ?? '', 'for the test')).toMatchObject({ fenceMoved: false })
  await advanceFences(db)
  expect(await db.select().from(fences)).toMatchObject([{ sequence: 1 }])
})

test('a letter whose event waits for its turn can be given up, and what follows continues', async () => {
  const { replay, any, db } = await start()
  await published(db, { version: 1 })
  const early = await published(db, { version: 2 })
  await deliver(replay, fromKnative(early, { function: 'onAnyStudent', knativeerrorcode: '503' }), '/dead-letters')
  await command(replay, {})
  const [letter] = await letters(replay)
  expect(await send(replay, `/${letter?.id}/discard`, { reason: 'x' })).toMatchObject({ body: { fenceMoved: false } })
  expect(await db.$count(heldEvents)).toBe(0)
  for (const version of [1, 3]) await deliver(any, studentEvent({ version }))
  await eventually('the event behind it', async () => (await db.$count(timeline, eq(timeline.sequence, 3))) === 1)
  expect(await db.$count(timeline)).toBe(2)
})
