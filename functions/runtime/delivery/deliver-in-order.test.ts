import fc from 'fast-check'
import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import { expect, test, vi } from 'vitest'
import { testDatabase } from '../../../infra/test/database.ts'
import { studentEvent } from '../../../infra/test/student-event.ts'
import type { Database } from '../host/database.ts'
import { inTransaction } from '../host/transaction.ts'
import type { DeliveredFunction } from './delivered-function.ts'
import { recordLetter } from './dead-letters.ts'
import { deliverInOrder } from './deliver-in-order.ts'
import { lockFence } from './fence.ts'
import { type Awaited, PermanentFailure } from '../errors.ts'
import type { ReceivedEvent } from '../events/received-event.ts'
import type { EventType } from '../events/event-type.ts'
import { type Student, studentCreated, studentUpdated } from '../../students/student-events.ts'
import { fences, handledEvents, heldEvents } from '../tables/deliveries.ts'
import { deadLetters } from '../tables/letters.ts'
import { timeline, users } from '../../students/tables.ts'
import { userWithId } from '../../students/user-with-id.ts'

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

test('an early event that cannot be decoded is a letter at once, and does not take the place of the right one', async () => {
  const { db } = await testDatabase()
  const broken = studentEvent({ version: 2 }, { data: Buffer.from([0xff]), attributes: { id: 'broken' } })
  await expect(deliverInOrder(db, recorder(), broken)).rejects.toThrow('data is not')
  await deliverInOrder(db, recorder(), studentEvent({ version: 2 }))
  await deliverInOrder(db, recorder(), studentEvent({ version: 1 }))
  expect(await effects(db)).toEqual([1, 2])
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

test('a letter that is written while a delivery waits for the fence is resolved by that delivery', async () => {
  const { db } = await testDatabase()
  const event = studentEvent({ version: 1 })
  await deliverInOrder(db, recorder(), studentEvent({ version: 1, id: 'another' })) // its statements are planned by now
  const written = await inTransaction(db, async tx => {
    await lockFence(tx, 'recorder', 'student-1')
    const delivered = deliverInOrder(db, recorder(), event)
    await vi.waitFor(async () => {
      const { rows } = await db.execute(sql`select from pg_locks where not granted`)
      expect(rows).toHaveLength(1)
    })
    const place = { entity: 'student-1', sequence: 1, predecessor: 0 }
    await recordLetter(tx, recorder(), event, new PermanentFailure('refused', 'by another deliverer'), place)
    return { delivered }
  })
  expect(await written.delivered).toBe('applied')
  expect(await letters(db)).toMatchObject([{ reason: 'refused', state: 'resolved' }])
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

/** Sequences 1 to 5, each one to three times, shuffled. */
const deliveries = () =>
  fc
    .tuple(...[1, 2, 3, 4, 5].map(sequence => fc.array(fc.constant(sequence), { minLength: 1, maxLength: 3 })))
    .chain(copies => {
      const all = copies.flat()
      return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })
    })

/** Writes one timeline row an event; fails permanently or for now where asked to. */
function recorder(
  options: {
    accepts?: readonly EventType<Student>[]
    failsAt?: number
    breaksAt?: number
    refuses?: string
    waitsFor?: Awaited
  } = {}
): DeliveredFunction<Student> {
  return {
    name: 'recorder',
    accepts: options.accepts ?? [studentCreated, studentUpdated],
    async handle({ id, source, type, time, data: student }, { tx }) {
      await tx.insert(timeline).values({
        studentId: student.id,
        sequence: student.version,
        type,
        source,
        eventId: id,
        time,
        name: student.name,
        email: student.email
      })
      if (student.version === options.failsAt || student.name === options.refuses) {
        throw new PermanentFailure('refused', 'refused for the test', { waitsFor: options.waitsFor })
      }
      if (student.version === options.breaksAt) throw new Error('broken for now')
    }
  }
}

async function effects(db: Database, entity = 'student-1'): Promise<number[]> {
  const rows = await db
    .select({ sequence: timeline.sequence })
    .from(timeline)
    .where(eq(timeline.studentId, entity))
    .orderBy(asc(timeline.sequence))
  return rows.map(row => row.sequence)
}

async function timelineIds(db: Database): Promise<string[]> {
  const rows = await db.select({ id: timeline.eventId }).from(timeline).orderBy(asc(timeline.sequence))
  return rows.map(({ id }) => id)
}

function letters(db: Database) {
  return db.select().from(deadLetters)
}
