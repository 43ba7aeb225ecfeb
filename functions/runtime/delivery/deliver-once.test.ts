import { expect, test } from 'vitest'
import { testDatabase } from '../../../infra/test/database.ts'
import { studentEvent } from '../../../infra/test/student-event.ts'
import { type Student, studentUpdated } from '../../students/student-events.ts'
import { users } from '../../students/tables.ts'
import { PermanentFailure } from '../errors.ts'
import type { Database } from '../host/database.ts'
import { deadLetters } from '../tables/letters.ts'
import type { DeliveredFunction } from './delivered-function.ts'
import { deliverOnce } from './deliver-once.ts'

test('an event delivered often, and side by side, has one effect, whatever its sequence', async () => {
  const { db } = await testDatabase()
  const outcomes = await Promise.all(
    [5, 3, 5, 5, 3].map(version => deliverOnce(db, recorder(), studentEvent({ version })))
  )
  expect(outcomes.filter(outcome => outcome === 'applied')).toHaveLength(2)
  expect(await effects(db)).toEqual(['event-student-1-3', 'event-student-1-5'])
})

test('a permanent failure leaves a letter and no effect; a delivery that succeeds later resolves it', async () => {
  const { db } = await testDatabase()
  const event = studentEvent({ version: 2 })
  await expect(deliverOnce(db, recorder(new PermanentFailure('refused', 'for the test')), event)).rejects.toThrow(
    PermanentFailure
  )
  expect(await effects(db)).toEqual([])
  expect(await db.select().from(deadLetters)).toMatchObject([{ state: 'open', reason: 'refused' }])
  expect(await deliverOnce(db, recorder(), event)).toBe('applied')
  expect(await db.select().from(deadLetters)).toMatchObject([{ state: 'resolved' }])
})

test('a failure that may pass leaves nothing, and a discarded event has no effect', async () => {
  const { db } = await testDatabase()
  const event = studentEvent({ version: 2 })
  await expect(deliverOnce(db, recorder(new Error('for now')), event)).rejects.toThrow('for now')
  expect(await db.$count(deadLetters)).toBe(0)
  await expect(deliverOnce(db, recorder(new PermanentFailure('refused', 'x')), event)).rejects.toThrow('x')
  await db.update(deadLetters).set({ state: 'discarded' })
  expect(await deliverOnce(db, recorder(), event)).toBe('already-done')
  expect(await effects(db)).toEqual([])
})

test('an event that was edited does what the edit says, whichever bytes come, and once', async () => {
  const { db } = await testDatabase()
  const original = studentEvent({ version: 2 }, { data: Buffer.from([0xff]) })
  await expect(deliverOnce(db, recorder(), original)).rejects.toThrow(PermanentFailure)
  const edited = studentEvent({ version: 2, name: 'Mended' })
  await db.update(deadLetters).set({ editedData: edited.data, editedAt: new Date() })
  await expect(deliverOnce(db, recorder(new PermanentFailure('refused', 'x')), edited)).rejects.toThrow('x')
  expect(await db.select().from(deadLetters)).toMatchObject([{ reason: 'refused', state: 'open', attempts: 2 }])
  expect(await deliverOnce(db, recorder(), original)).toBe('applied')
  expect(await deliverOnce(db, recorder(), edited)).toBe('already-done')
  expect(await db.select().from(users)).toMatchObject([{ name: 'Mended' }])
  expect(await db.select().from(deadLetters)).toMatchObject([{ state: 'resolved', closedBecause: 'applied as edited' }])
})

/** Writes one row an event, then fails where asked to. */
function recorder(failure?: Error): DeliveredFunction<Student> {
  return {
    name: 'recorder',
    accepts: [studentUpdated],
    async handle({ id, data: { name } }, { tx }) {
      await tx.insert(users).values({ id, name, email: 'effect@example.com' })
      if (failure !== undefined) throw failure
    }
  }
}

async function effects(db: Database): Promise<string[]> {
  const rows = await db.select({ id: users.id }).from(users).orderBy(users.id)
  return rows.map(({ id }) => id)
}
