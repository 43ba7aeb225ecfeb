import fc from 'fast-check'
import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { testDatabase } from '../../../infra/test/database.ts'
import { studentEvent } from '../../../infra/test/student-event.ts'
import { deliverInOrder } from './deliver-in-order.ts'
import { PermanentFailure } from '../errors.ts'
import { studentUpdated } from '../../students/student-events.ts'
import { fences, handledEvents, heldEvents } from '../tables/deliveries.ts'
import { deadLetters } from '../tables/letters.ts'
import { timeline } from '../../students/tables.ts'
import { effects, letters, recorder } from './testing/recorder.ts'

test('an event delivered twice has one effect', async () => {
  const { db } = await testDatabase()
  const event = studentEvent({ version: 1 })
  expect(await deliverInOrder(db, recorder(), event)).toBe('applied')
  expect(await deliverInOrder(db, recorder(), event)).toBe('already-done')
  expect(await effects(db)).toEqual([1])
})

test('an event delivered by two deliverers at the same moment has one effect', async () => {
  const { db } = await testDatabase()
  const event = studentEvent({ version: 1 })
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => deliverInOrder(db, recorder(), event)))
  expect(outcomes.filter(outcome => outcome === 'applied')).toHaveLength(1)
  expect(await effects(db)).toEqual([1])
})

test('an event that comes too early is held, and applied right after the one before it', async () => {
  const { db } = await testDatabase()
  expect(await deliverInOrder(db, recorder(), studentEvent({ version: 3 }))).toBe('held')
  expect(await deliverInOrder(db, recorder(), studentEvent({ version: 2 }))).toBe('held')
  expect(await effects(db)).toEqual([])
  expect(await deliverInOrder(db, recorder(), studentEvent({ version: 1 }))).toBe('applied')
  expect(await effects(db)).toEqual([1, 2, 3])
  expect(await db.$count(heldEvents)).toBe(0)
})

test('a function that never sees creates starts at the first update', async () => {
  const { db } = await testDatabase()
  expect(await deliverInOrder(db, recorder({ accepts: [studentUpdated] }), studentEvent({ version: 2 }))).toBe(
    'applied'
  )
})

test('a failure for now leaves nothing behind, so that the redelivery starts afresh', async () => {
  const { db } = await testDatabase()
  const broken = recorder({ breaksAt: 1 })
  await expect(deliverInOrder(db, broken, studentEvent({ version: 1 }))).rejects.toThrow('broken for now')
  expect(await db.$count(timeline)).toBe(0)
  expect(await db.$count(fences)).toBe(0)
  expect(await deliverInOrder(db, recorder(), studentEvent({ version: 1 }))).toBe('applied')
})

test('held events left behind by a crash are applied by the next delivery, even of something done', async () => {
  const { db } = await testDatabase()
  const broken = recorder({ breaksAt: 2 })
  await deliverInOrder(db, broken, studentEvent({ version: 2 }))
  await expect(deliverInOrder(db, broken, studentEvent({ version: 1 }))).rejects.toThrow('broken for now')
  expect(await effects(db)).toEqual([1])
  expect(await deliverInOrder(db, recorder(), studentEvent({ version: 1 }))).toBe('already-done')
  expect(await effects(db)).toEqual([1, 2])
})

test('a sequence from before the first one of its type is refused, not taken for done', async () => {
  const { db } = await testDatabase()
  const early = studentEvent({ version: 1 }, { type: studentUpdated.type, attributes: { type: studentUpdated.type } })
  await expect(deliverInOrder(db, recorder({ accepts: [studentUpdated] }), early)).rejects.toThrow(
    'comes before 2, the first'
  )
  expect(await letters(db)).toMatchObject([{ class: 'invalid', sequence: 1 }])
})

test('an event that was discarded before its turn has no effect, however often it comes', async () => {
  const { db } = await testDatabase()
  const discarded = studentEvent({ version: 1 })
  await expect(deliverInOrder(db, recorder({ failsAt: 1 }), discarded)).rejects.toThrow(PermanentFailure)
  await db.update(deadLetters).set({ state: 'discarded' })
  expect(await deliverInOrder(db, recorder(), discarded)).toBe('already-done')
  expect(await effects(db)).toEqual([])
})

test('in any order, with any duplicates and side by side, each event has one effect and in sequence', async () => {
  const { db } = await testDatabase()
  let run = 0
  await fc.assert(
    fc.asyncProperty(deliveries(), async sequences => {
      const entity = `student-${run++}`
      for (let at = 0; at < sequences.length; at += 3) {
        const together = sequences.slice(at, at + 3)
        await Promise.all(
          together.map(version => deliverInOrder(db, recorder(), studentEvent({ id: entity, version })))
        )
      }
      expect(await effects(db, entity)).toEqual([1, 2, 3, 4, 5])
      expect(await db.$count(handledEvents, eq(handledEvents.entity, entity))).toBe(5)
      expect(await db.$count(heldEvents, eq(heldEvents.entity, entity))).toBe(0)
    }),
    { numRuns: 40 }
  )
})

/** Sequences 1 to 5, each one to three times, shuffled. */
const deliveries = () =>
  fc
    .tuple(...[1, 2, 3, 4, 5].map(sequence => fc.array(fc.constant(sequence), { minLength: 1, maxLength: 3 })))
    .chain(copies => {
      const all = copies.flat()
      return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })
    })
