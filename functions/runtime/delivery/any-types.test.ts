// Order with any set of types: whatever a function accepts, now and after it was changed, and however its events come.
import fc from 'fast-check'
import { asc, eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { testDatabase } from '../../../infra/test/database.ts'
import { studentEvent } from '../../../infra/test/student-event.ts'
import { type Student, studentCreated, studentUpdated } from '../../students/student-events.ts'
import { heldEvents } from '../tables/deliveries.ts'
import { deadLetters } from '../tables/letters.ts'
import { outbox } from '../tables/publishing.ts'
import { timeline } from '../../students/tables.ts'
import type { EventType } from '../events/event-type.ts'
import type { ReceivedEvent } from '../events/received-event.ts'
import type { Database } from '../host/database.ts'
import type { DeliveredFunction } from './delivered-function.ts'
import { deliverInOrder } from './deliver-in-order.ts'

const [created, updated, other] = [studentCreated.type, studentUpdated.type, 'other']
const types: Readonly<Record<string, EventType<Student>>> = {
  [created]: studentCreated,
  [updated]: studentUpdated,
  [other]: { ...studentUpdated, type: other }
}

test('a function that accepts some types in the middle does not wait for the others', async () => {
  const { db } = await testDatabase()
  const events = await publish(db, 'student-1', [created, updated, 'other', updated, updated])
  const fn = recorder([updated])
  for (const event of [events[1], events[3], events[4]]) expect(await deliver(db, fn, event)).toBe('applied')
})

test('an event whose predecessor is missing is held, over what the function does not accept', async () => {
  const { db } = await testDatabase()
  const [, second, , fourth, fifth] = await publish(db, 'student-1', [created, updated, 'other', updated, updated])
  const fn = recorder([updated])
  expect(await deliver(db, fn, fifth)).toBe('held')
  expect(await deliver(db, fn, fourth)).toBe('held')
  expect(await deliver(db, fn, second)).toBe('applied')
  expect(await applied(db)).toEqual([2, 4, 5])
})

test('a function that no longer accepts a type continues behind a held event of it, which becomes a letter', async () => {
  const { db } = await testDatabase()
  const [, second, third, , fifth] = await publish(db, 'student-1', [created, updated, 'other', updated, 'other'])
  const both = recorder([updated, 'other'])
  expect(await deliver(db, both, third)).toBe('held') // its predecessor, 2, has not come
  const onlyUpdates = recorder([updated])
  expect(await deliver(db, onlyUpdates, second)).toBe('applied')
  expect(await applied(db)).toEqual([2])
  expect(await db.select().from(deadLetters)).toMatchObject([{ sequence: 3, class: 'invalid', state: 'open' }])
  await expect(deliver(db, onlyUpdates, fifth)).rejects.toThrow('is not taken here')
})

test('an event from before a type was accepted, whose turn has passed, is a letter and not lost', async () => {
  const { db } = await testDatabase()
  const [, second, third, fourth] = await publish(db, 'student-1', [created, updated, 'other', updated])
  for (const event of [second, fourth]) await deliver(db, recorder([updated]), event)
  await expect(deliver(db, recorder([updated, 'other']), third)).rejects.toThrow('before recorder accepted other')
  expect(await db.select().from(deadLetters)).toMatchObject([{ sequence: 3, reason: 'overtaken', state: 'open' }])
})

test('events from before the extension are followed by those that have it', async () => {
  const { db } = await testDatabase()
  const all = await publish(db, 'student-1', [created, updated, updated, 'other', updated])
  const old = all.slice(0, 3).map(event => without(event, 'predecessors'))
  for (const fn of [recorder([updated], 'updates'), recorder([created, updated], 'both')]) {
    const events = [...old, ...all.slice(3)].filter(event => fn.accepts.some(({ type }) => type === event.type))
    for (const event of events.toReversed()) await deliver(db, fn, event)
    for (const event of events) expect(await deliver(db, fn, event)).toBe('already-done')
  }
  expect(await db.$count(heldEvents)).toBe(0)
})

test('any types, in any order and with duplicates: each accepted event has one effect, in sequence', async () => {
  const { db } = await testDatabase()
  let run = 0
  await fc.assert(
    fc.asyncProperty(histories(), async ({ history, accepts, order, oldUpTo }) => {
      const entity = `any-${run++}`
      const events = (await publish(db, entity, history)).map((event, index) =>
        // Before the extension there were no other types.
        index < oldUpTo && !history.slice(0, index + 1).includes(other) ? without(event, 'predecessors') : event
      )
      const fn = recorder(accepts)
      for (const index of order) {
        const event = events[index]
        if (event !== undefined && accepts.includes(event.type)) await deliver(db, fn, event)
      }
      const expected = events.flatMap(({ type }, index) => (accepts.includes(type) ? [index + 1] : []))
      expect(await applied(db, entity)).toEqual(expected)
      expect(await db.$count(heldEvents, eq(heldEvents.entity, entity))).toBe(0)
    }),
    { numRuns: 60 }
  )
})

/** A history of a student, what a function accepts, and deliveries in any order: each event once at least, some twice. */
const histories = () =>
  fc
    .record({
      rest: fc.array(fc.constantFrom(updated, 'other'), { minLength: 1, maxLength: 6 }),
      accepts: fc.constantFrom<string[]>([updated], [created, updated], [updated, other], [created, other], [other]),
      oldUpTo: fc.nat({ max: 4 })
    })
    .chain(({ rest, accepts, oldUpTo }) => {
      const history = [created, ...rest]
      const indexes = history.map((_, index) => index)
      // A function that accepts the creation and other types, but no updates, was not possible before the extension.
      const old = accepts.includes(updated) ? oldUpTo : 0
      return fc.record({
        history: fc.constant(history),
        accepts: fc.constant(accepts),
        oldUpTo: fc.constant(old),
        order: fc.shuffledSubarray([...indexes, ...indexes], { minLength: indexes.length * 2 })
      })
    })

/** Writes a student's history into the outbox, as any version of a writer does, and reads it as the events that go out. */
async function publish(db: Database, entity: string, history: readonly string[]): Promise<ReceivedEvent[]> {
  const events: ReceivedEvent[] = []
  for (const [index, type] of history.entries()) {
    const event = studentEvent({ id: entity, version: index + 1 }, { type, attributes: { type } })
    const { source, subject = '', time = '', attributes, data } = event
    const [row] = await db
      .insert(outbox)
      .values({
        id: crypto.randomUUID(),
        topic: 'any',
        key: entity,
        type,
        source,
        subject,
        time,
        contentType: 'application/protobuf',
        dataschema: 'http://registry.example.com/1',
        sequence: attributes.sequence ?? '',
        partitionkey: entity,
        traceparent: '',
        payload: data
      })
      .returning({ predecessors: outbox.predecessors })
    events.push({ ...event, attributes: { ...attributes, predecessors: row?.predecessors ?? '' } })
  }
  return events
}

function without(event: ReceivedEvent, name: string): ReceivedEvent {
  return { ...event, attributes: Object.fromEntries(Object.entries(event.attributes).filter(([key]) => key !== name)) }
}

async function deliver(db: Database, fn: DeliveredFunction, event: ReceivedEvent | undefined): Promise<string> {
  if (event === undefined) throw new Error('no such event')
  return deliverInOrder(db, fn, event)
}

/** Writes one timeline row an event. */
function recorder(accepts: readonly string[], name = 'recorder'): DeliveredFunction<Student> {
  return {
    name,
    accepts: accepts.flatMap(type => types[type] ?? []),
    async handle({ id, source, type, time, data: student }, { tx }) {
      await tx.insert(timeline).values({
        studentId: student.id,
        sequence: name === 'recorder' ? student.version : student.version + 100 * name.length,
        type,
        source,
        eventId: `${name}-${id}`,
        time,
        name: student.name,
        email: student.email
      })
    }
  }
}

async function applied(db: Database, entity = 'student-1'): Promise<number[]> {
  const rows = await db
    .select({ sequence: timeline.sequence })
    .from(timeline)
    .where(eq(timeline.studentId, entity))
    .orderBy(asc(timeline.sequence))
  return rows.map(({ sequence }) => sequence)
}
