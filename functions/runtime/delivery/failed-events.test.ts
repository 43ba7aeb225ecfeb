// What becomes of an event that fails permanently: a letter, which holds back what follows it.
import { expect, test } from 'vitest'
import { testDatabase } from '../../../infra/test/database.ts'
import { untilBlocked } from '../../../infra/test/until-blocked.ts'
import { studentEvent } from '../../../infra/test/student-event.ts'
import { inTransaction } from '../host/transaction.ts'
import { recordLetter } from './dead-letters.ts'
import { deliverInOrder } from './deliver-in-order.ts'
import { lockFence } from './fence.ts'
import { PermanentFailure } from '../errors.ts'
import { heldEvents } from '../tables/deliveries.ts'
import { users } from '../../students/tables.ts'
import { userWithId } from '../../students/user-with-id.ts'
import { effects, letters, recorder } from './testing/recorder.ts'

test('a permanent failure leaves a letter, no effect, and holds what follows', async () => {
  const { db } = await testDatabase()
  const failing = recorder({ failsAt: 2 })
  await deliverInOrder(db, failing, studentEvent({ version: 1 }))
  await expect(deliverInOrder(db, failing, studentEvent({ version: 2 }))).rejects.toThrow(PermanentFailure)
  expect(await deliverInOrder(db, failing, studentEvent({ version: 3 }))).toBe('held')
  expect(await effects(db)).toEqual([1])
  expect(await letters(db)).toMatchObject([{ sequence: 2, reason: 'refused', state: 'open', attempts: 1 }])
})

test('every failed delivery of an event counts on its one letter', async () => {
  const { db } = await testDatabase()
  const failing = recorder({ failsAt: 1 })
  for (const _ of [1, 2, 3]) {
    await expect(deliverInOrder(db, failing, studentEvent({ version: 1 }))).rejects.toThrow(PermanentFailure)
  }
  expect(await letters(db)).toMatchObject([{ attempts: 3 }])
})

test('a replay that succeeds resolves the letter and applies what was held behind it', async () => {
  const { db } = await testDatabase()
  const failing = recorder({ failsAt: 1 })
  await expect(deliverInOrder(db, failing, studentEvent({ version: 1 }))).rejects.toThrow(PermanentFailure)
  await deliverInOrder(db, failing, studentEvent({ version: 2 }))
  expect(await deliverInOrder(db, recorder(), studentEvent({ version: 1 }))).toBe('applied')
  expect(await effects(db)).toEqual([1, 2])
  expect(await letters(db)).toMatchObject([{ state: 'resolved' }])
})

test('a held event that fails permanently becomes a letter, and the delivery before it still succeeds', async () => {
  const { db } = await testDatabase()
  const failing = recorder({ failsAt: 2 })
  await deliverInOrder(db, failing, studentEvent({ version: 3 }))
  await deliverInOrder(db, failing, studentEvent({ version: 2 }))
  expect(await deliverInOrder(db, failing, studentEvent({ version: 1 }))).toBe('applied')
  expect(await effects(db)).toEqual([1])
  expect(await letters(db)).toMatchObject([{ sequence: 2, state: 'open' }])
  expect(await db.select().from(heldEvents)).toMatchObject([{ sequence: 3 }])
})

test('bytes that cannot be decoded are a letter of class invalid, kept byte for byte', async () => {
  const { db } = await testDatabase()
  const event = studentEvent({ version: 1 }, { data: Buffer.from([0xff, 0xff]) })
  await expect(deliverInOrder(db, recorder(), event)).rejects.toThrow('data is not a school.student.v1.StudentCreated')
  expect(await letters(db)).toMatchObject([{ class: 'invalid', reason: 'invalid-event', data: event.data }])
})

test('an event about no student is a letter that holds nothing back', async () => {
  const { db } = await testDatabase()
  const event = studentEvent({ version: 1 }, { attributes: { sequence: 'seven' } })
  await expect(deliverInOrder(db, recorder(), event)).rejects.toThrow('not an event of an entity')
  expect(await letters(db)).toMatchObject([{ entity: null, class: 'invalid' }])
  expect(await deliverInOrder(db, recorder(), studentEvent({ version: 1 }))).toBe('applied')
})

test('an event whose bytes contradict its sequence is refused', async () => {
  const { db } = await testDatabase()
  const event = studentEvent({ version: 2 }, { attributes: { sequence: '0000000001' } })
  await expect(deliverInOrder(db, recorder(), event)).rejects.toThrow('do not match')
})

test('an early event that cannot be decoded is a letter at once, and does not take the place of the right one', async () => {
  const { db } = await testDatabase()
  const broken = studentEvent({ version: 2 }, { data: Buffer.from([0xff]), attributes: { id: 'broken' } })
  await expect(deliverInOrder(db, recorder(), broken)).rejects.toThrow('data is not')
  await deliverInOrder(db, recorder(), studentEvent({ version: 2 }))
  await deliverInOrder(db, recorder(), studentEvent({ version: 1 }))
  expect(await effects(db)).toEqual([1, 2])
})

test('a NUL in the data, which PostgreSQL cannot keep, is a letter and not a failure for now', async () => {
  const { db } = await testDatabase()
  const event = studentEvent({ version: 1, name: 'a\0b' })
  await expect(deliverInOrder(db, recorder(), event)).rejects.toThrow('cannot keep these values')
  expect(await letters(db)).toMatchObject([{ class: 'invalid', decoded: null, data: event.data }])
})

test('a held event whose data PostgreSQL cannot keep becomes a letter when its turn comes', async () => {
  const { db } = await testDatabase()
  await deliverInOrder(db, recorder(), studentEvent({ version: 2, name: 'a\0b' }))
  expect(await deliverInOrder(db, recorder(), studentEvent({ version: 1 }))).toBe('applied')
  expect(await letters(db)).toMatchObject([{ class: 'invalid', sequence: 2, state: 'open' }])
})

test('a letter for a user who has appeared meanwhile is due at once', async () => {
  const { db } = await testDatabase()
  await db.insert(users).values({ id: 'user-1', name: 'Ada', email: 'ada@example.com' })
  const waiting = recorder({ failsAt: 1, waitsFor: userWithId('user-1') })
  await expect(deliverInOrder(db, waiting, studentEvent({ version: 1 }))).rejects.toThrow(PermanentFailure)
  expect((await letters(db))[0]?.dueAt).not.toBeNull()
})

test('a letter that is written while a delivery waits for the fence is resolved by that delivery', async () => {
  const { db } = await testDatabase()
  const event = studentEvent({ version: 1 })
  await deliverInOrder(db, recorder(), studentEvent({ version: 1, id: 'another' })) // its statements are planned by now
  const written = await inTransaction(db, async tx => {
    await lockFence(tx, 'recorder', 'student-1')
    const delivered = deliverInOrder(db, recorder(), event)
    await untilBlocked(db, 'the delivery')
    const place = { entity: 'student-1', sequence: 1, predecessor: 0 }
    await recordLetter(tx, recorder(), event, new PermanentFailure('refused', 'by another deliverer'), place)
    return { delivered }
  })
  expect(await written.delivered).toBe('applied')
  expect(await letters(db)).toMatchObject([{ reason: 'refused', state: 'resolved' }])
})
