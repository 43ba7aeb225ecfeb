// An event that a person edited on its letter does what the edit says, whichever bytes come.
import fc from 'fast-check'
import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { testDatabase } from '../../../infra/test/database.ts'
import { studentEvent } from '../../../infra/test/student-event.ts'
import type { Database } from '../host/database.ts'
import { inTransaction } from '../host/transaction.ts'
import { deliverInOrder } from './deliver-in-order.ts'
import { lockFence } from './fence.ts'
import { PermanentFailure } from '../errors.ts'
import type { ReceivedEvent } from '../events/received-event.ts'
import { heldEvents } from '../tables/deliveries.ts'
import { deadLetters } from '../tables/letters.ts'
import { timeline } from '../../students/tables.ts'
import { letters, recorder } from './testing/recorder.ts'

test('an event that was edited does what the edit says, whichever bytes come, and once', async () => {
  const { db } = await testDatabase()
  const original = studentEvent({ version: 1 })
  await expect(deliverInOrder(db, recorder({ failsAt: 1 }), original)).rejects.toThrow(PermanentFailure)
  const edited = await edit(db, original, 'Mended')
  expect(await deliverInOrder(db, recorder(), original)).toBe('applied')
  expect(await db.select().from(timeline)).toMatchObject([{ eventId: original.id, name: 'Mended' }])
  expect(await letters(db)).toMatchObject([
    { state: 'resolved', closedBecause: 'applied as edited', data: original.data, editedData: edited.data }
  ])
  for (const event of [original, edited]) expect(await deliverInOrder(db, recorder(), event)).toBe('already-done')
})

test('bytes that fail do not fail their event where an edit of it succeeds', async () => {
  const { db } = await testDatabase()
  const original = studentEvent({ version: 1 }, { data: Buffer.from([0xff]) })
  await expect(deliverInOrder(db, recorder(), original)).rejects.toThrow(PermanentFailure)
  await edit(db, original, 'Mended')
  expect(await deliverInOrder(db, recorder(), original)).toBe('applied')
  expect(await db.select().from(timeline)).toMatchObject([{ name: 'Mended' }])
})

test('an edit that is refused counts on the letter of its event, and the next edit takes its place', async () => {
  const { db } = await testDatabase()
  const original = studentEvent({ version: 1 }, { data: Buffer.from([0xff]) })
  await expect(deliverInOrder(db, recorder(), original)).rejects.toThrow(PermanentFailure)
  const refused = await edit(db, original, 'Refused')
  await expect(deliverInOrder(db, recorder({ failsAt: 1 }), refused)).rejects.toThrow('refused for the test')
  expect(await letters(db)).toMatchObject([{ reason: 'refused', state: 'open', attempts: 2, data: original.data }])
  expect(await deliverInOrder(db, recorder(), await edit(db, original, 'Mended'))).toBe('applied')
  expect(await db.select().from(timeline)).toMatchObject([{ name: 'Mended' }])
  expect(await letters(db)).toMatchObject([{ state: 'resolved' }])
})

test('an edit that is held for its turn is not replaced by the bytes that were published, and its rival stays a letter', async () => {
  const { db } = await testDatabase()
  const original = studentEvent({ version: 2 }, { data: Buffer.from([0xff]) })
  await expect(deliverInOrder(db, recorder(), original)).rejects.toThrow(PermanentFailure)
  expect(await deliverInOrder(db, recorder(), await edit(db, original, 'Mended'))).toBe('held')
  expect(await deliverInOrder(db, recorder(), original)).toBe('held')
  const rival = studentEvent({ version: 2 }, { attributes: { id: 'rival' } })
  await expect(deliverInOrder(db, recorder(), rival)).rejects.toThrow('holds sequence 2')
  await edit(db, original, 'Mended twice')
  await deliverInOrder(db, recorder(), studentEvent({ version: 1 }))
  expect(await db.select().from(timeline)).toMatchObject([
    { sequence: 1 },
    { eventId: original.id, name: 'Mended twice' }
  ])
  expect((await letters(db)).map(({ eventId, state }) => `${eventId} ${state}`).toSorted()).toEqual([
    'event-student-1-2 resolved',
    'rival open'
  ])
})

test('however deliveries and edits come, each event has one effect, in order, and that of its edit', async () => {
  const { db } = await testDatabase()
  let run = 0
  const names = fc.constantFrom('Ada', 'Grace', 'bad')
  const steps = fc.array(
    fc.oneof(
      fc.record({ deliver: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ edit: fc.integer({ min: 1, max: 3 }), name: names })
    ),
    { maxLength: 16 }
  )
  await fc.assert(
    fc.asyncProperty(fc.tuple(names, names, names), steps, async (published, taken) => {
      const id = `student-${run++}`
      const events = published.map((name, at) => studentEvent({ id, version: at + 1, name }))
      const fn = recorder({ refuses: 'bad' })
      const deliver = async (event: ReceivedEvent) => {
        await deliverInOrder(db, fn, event).catch((error: unknown) => {
          if (!(error instanceof PermanentFailure)) throw error
        })
      }
      for (let at = 0; at < taken.length; at += 2) {
        await Promise.all(
          taken.slice(at, at + 2).map(async step => {
            const event = events[('deliver' in step ? step.deliver : step.edit) - 1]
            if (event === undefined) return
            if ('deliver' in step) return deliver(event)
            if (await isOpen(db, event)) return deliver(await edit(db, event, step.name))
          })
        )
      }
      for (const event of events) {
        await deliver(event)
        if (await isOpen(db, event)) await deliver(await edit(db, event, 'Mended'))
      }
      const rows = await db.select().from(timeline).where(eq(timeline.studentId, id)).orderBy(asc(timeline.sequence))
      expect(rows.map(({ eventId }) => eventId)).toEqual(events.map(event => event.id))
      const kept = await db.select().from(deadLetters).where(eq(deadLetters.entity, id))
      for (const { data, editedData, eventId, state } of kept) {
        expect(state).toBe('resolved')
        const applied = rows.find(row => row.eventId === eventId)
        expect((editedData ?? data).includes(applied?.name ?? '-')).toBe(true)
      }
      expect(await db.$count(heldEvents, eq(heldEvents.entity, id))).toBe(0)
    }),
    { numRuns: 40 }
  )
})

/** Keeps a second version of a failed event on its letter, as deadLetterReplay does; answers the event as edited. */
async function edit(db: Database, event: ReceivedEvent, name: string): Promise<ReceivedEvent> {
  const entity = event.subject ?? ''
  const version = Number(event.attributes.sequence)
  const { data } = studentEvent({ id: entity, version, name })
  await inTransaction(db, async tx => {
    await lockFence(tx, 'recorder', entity)
    await tx
      .update(deadLetters)
      .set({ editedData: data, editedAt: sql`now()` })
      .where(and(eq(deadLetters.eventId, event.id), inArray(deadLetters.state, ['open', 'replaying'])))
  })
  return { ...event, data }
}

const isOpen = async (db: Database, { id }: ReceivedEvent) =>
  (await db.$count(deadLetters, and(eq(deadLetters.eventId, id), eq(deadLetters.state, 'open')))) > 0
