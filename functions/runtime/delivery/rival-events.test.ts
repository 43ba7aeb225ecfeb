// Two events that claim one id or one place: the second is a letter, never an effect.
import { expect, test } from 'vitest'
import { testDatabase } from '../../../infra/test/database.ts'
import { studentEvent } from '../../../infra/test/student-event.ts'
import { deliverInOrder } from './deliver-in-order.ts'
import { PermanentFailure } from '../errors.ts'
import { heldEvents } from '../tables/deliveries.ts'
import { deadLetters } from '../tables/letters.ts'
import { effects, letters, recorder, timelineIds } from './testing/recorder.ts'

test('another event under an id that was handled is a letter, not an effect', async () => {
  const { db } = await testDatabase()
  const first = studentEvent({ version: 1 })
  await deliverInOrder(db, recorder(), first)
  const reused = studentEvent({ version: 2 }, { attributes: { id: first.id } })
  await expect(deliverInOrder(db, recorder(), reused)).rejects.toThrow('has been handled')
  expect(await effects(db)).toEqual([1])
})

test('two events under one id that both fail are two letters, each with its own bytes', async () => {
  const { db } = await testDatabase()
  const first = studentEvent({ version: 1 })
  const second = studentEvent({ id: 'student-2', version: 1 }, { attributes: { id: first.id } })
  for (const event of [first, second, second]) {
    await expect(deliverInOrder(db, recorder({ failsAt: 1 }), event)).rejects.toThrow('refused for the test')
  }
  expect(await deliverInOrder(db, recorder(), first)).toBe('applied')
  await expect(deliverInOrder(db, recorder(), second)).rejects.toThrow('has been handled')
  expect(await letters(db)).toMatchObject([
    { eventId: first.id, entity: 'student-1', state: 'resolved', attempts: 1, data: first.data },
    { entity: 'student-2', reason: 'event-id-reused', state: 'open', attempts: 3, data: second.data }
  ])
  expect((await letters(db)).map(({ attributes }) => attributes.id)).toEqual([first.id, first.id])
})

test('of two events that claim one early sequence the second is a letter, not lost', async () => {
  const { db } = await testDatabase()
  await deliverInOrder(db, recorder(), studentEvent({ version: 2 }))
  const rival = studentEvent({ version: 2 }, { attributes: { id: 'rival' } })
  await expect(deliverInOrder(db, recorder(), rival)).rejects.toThrow('holds sequence 2')
  expect(await letters(db)).toMatchObject([{ eventId: 'rival', reason: 'sequence-taken' }])
})

test('the second of two events that claim one early sequence takes nothing from the first', async () => {
  const { db } = await testDatabase()
  const first = studentEvent({ version: 2 })
  await deliverInOrder(db, recorder(), first)
  for (const data of [first.data, Buffer.from([0xff])]) {
    const rival = studentEvent({ version: 2 }, { attributes: { id: `rival-${data.length}` }, data })
    await expect(deliverInOrder(db, recorder(), rival)).rejects.toThrow(PermanentFailure)
  }
  expect(await deliverInOrder(db, recorder(), studentEvent({ version: 1 }))).toBe('applied')
  expect(await timelineIds(db)).toEqual(['event-student-1-1', first.id])
  expect(await letters(db)).toMatchObject([
    { reason: 'sequence-taken', state: 'open' },
    { reason: 'invalid-event', state: 'open' }
  ])
})

test('an event that failed stays a letter when another one is applied in its place', async () => {
  const { db } = await testDatabase()
  const original = studentEvent({ version: 1 })
  await expect(deliverInOrder(db, recorder({ failsAt: 1 }), original)).rejects.toThrow('refused for the test')
  const rival = studentEvent({ version: 1 }, { attributes: { id: 'rival' } })
  expect(await deliverInOrder(db, recorder(), rival)).toBe('applied')
  expect(await letters(db)).toMatchObject([{ eventId: original.id, reason: 'refused', state: 'open' }])
  await expect(deliverInOrder(db, recorder(), original)).rejects.toThrow('was done as sequence 1')
  expect(await letters(db)).toMatchObject([{ eventId: original.id, reason: 'sequence-taken', state: 'open' }])
})

test('of an event and another one that is held for its place, the first to be applied is done and the other is a letter', async () => {
  const { db } = await testDatabase()
  const first = studentEvent({ version: 2 })
  await deliverInOrder(db, recorder(), first)
  await expect(
    deliverInOrder(db, recorder({ breaksAt: 2 }), studentEvent({ version: 1 })) // nobody continues with the held one
  ).rejects.toThrow('broken for now')
  const rival = studentEvent({ version: 2 }, { attributes: { id: 'rival' } })
  expect(await deliverInOrder(db, recorder(), rival)).toBe('applied')
  expect(await timelineIds(db)).toEqual(['event-student-1-1', 'rival'])
  expect(await db.$count(heldEvents)).toBe(0)
  expect(await letters(db)).toMatchObject([{ eventId: first.id, reason: 'sequence-taken', state: 'open' }])
})

test('an event that claims a sequence already done by another is a letter on every delivery, and has no effect', async () => {
  const { db } = await testDatabase()
  await deliverInOrder(db, recorder(), studentEvent({ version: 1 }))
  const rival = studentEvent({ version: 1 }, { attributes: { id: 'rival' } })
  for (const _ of [1, 2]) {
    await expect(deliverInOrder(db, recorder(), rival)).rejects.toThrow('was done as sequence 1')
  }
  expect(await effects(db)).toEqual([1])
  expect(await letters(db)).toMatchObject([
    { eventId: 'rival', reason: 'sequence-taken', class: 'permanent', state: 'open', attempts: 2 }
  ])
  await db.update(deadLetters).set({ state: 'discarded' })
  expect(await deliverInOrder(db, recorder(), rival)).toBe('already-done')
})

test('of two events that claim one sequence at the same moment one is applied and the other is a letter', async () => {
  const { db } = await testDatabase()
  const rivals = ['a', 'b'].map(id => studentEvent({ version: 1 }, { attributes: { id } }))
  const outcomes = await Promise.allSettled(rivals.map(event => deliverInOrder(db, recorder(), event)))
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  expect(await effects(db)).toEqual([1])
  expect(await letters(db)).toMatchObject([{ reason: 'sequence-taken' }])
})
