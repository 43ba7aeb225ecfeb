// Deliveries in groups leave what they leave one at a time, and are answered as they are then.
import fc from 'fast-check'
import { sql } from 'drizzle-orm'
import { expect, onTestFinished, test } from 'vitest'
import { testDatabase } from '../../../infra/test/database.ts'
import { untilBlocked } from '../../../infra/test/until-blocked.ts'
import { studentEvent } from '../../../infra/test/student-event.ts'
import type { Student } from '../../students/student-events.ts'
import { timeline } from '../../students/tables.ts'
import { PermanentFailure } from '../errors.ts'
import type { ReceivedEvent } from '../events/received-event.ts'
import { connect } from '../host/database.ts'
import { inTransaction } from '../host/transaction.ts'
import { deadLetters } from '../tables/letters.ts'
import { deliverInOrder } from './deliver-in-order.ts'
import { deliverOnce } from './deliver-once.ts'
import { createOrderedGroups, createUnorderedGroups, type Delivery } from './deliver-together.ts'
import type { DeliveredFunction } from './delivered-function.ts'
import { lockFence } from './fence.ts'
import { recorder } from './testing/together-recorder.ts'
import { eventOf, kinds, letterOf, prepare } from './testing/kinds-of-events.ts'
import { tablesOf } from './testing/tables-of.ts'

type Deliver = (event: ReceivedEvent) => Promise<unknown>

test('each of a group is answered as it is alone, whatever the others are', async () => {
  const { db } = await testDatabase()
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...kinds), { minLength: 2, maxLength: 16 }), async list => {
      const outcomes = []
      for (const way of ['one at a time', 'together'] as const) {
        const entity = (at: number) => `${way}-${run}-${at}`
        for (const [at, kind] of list.entries()) await prepare(db, kind, entity(at))
        const groups = createOrderedGroups(db, recorder)
        const deliver: Deliver = event =>
          way === 'together' ? groups(deliveryOf(event)) : deliverInOrder(db, recorder, event)
        const deliveries = list.map((kind, at) => () => answerOf(deliver, eventOf(kind, entity(at))))
        outcomes.push({
          answers: way === 'together' ? await Promise.all(deliveries.map(one => one())) : await inTurn(deliveries),
          tables: await tablesOf(db, `${way}-${run}-`)
        })
      }
      run++
      expect(outcomes[1]).toEqual(outcomes[0])
    }),
    { numRuns: 12 }
  )
})

test('in any order, with duplicates and bad ones, from two processes, the tables are those of one at a time', async () => {
  const { db, url } = await testDatabase()
  const other = await anotherProcess(url)
  const [one, another] = [createOrderedGroups(db, recorder), createOrderedGroups(other.db, recorder)]
  let run = 0
  const step = fc.record({
    of: fc.integer({ min: 0, max: 3 }),
    version: fc.integer({ min: 1, max: 4 }),
    by: fc.constantFrom(one, another)
  })
  const isBad = fc.array(fc.integer({ min: 0, max: 15 }), { maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 24 }), isBad, async (steps, bad) => {
      const event = (prefix: string, of: number, version: number) =>
        studentEvent({ id: `${prefix}${of}`, version, name: bad.includes(of * 4 + version - 1) ? 'refused' : 'Ada' })
      const together = `together-${run}-`
      await Promise.all(
        steps.map(({ of, version, by }) => answerOf(given => by(deliveryOf(given)), event(together, of, version)))
      )
      const oneAtATime = `alone-${run++}-`
      for (const of of [0, 1, 2, 3]) {
        for (const version of [1, 2, 3, 4]) {
          await answerOf(given => one(deliveryOf(given)), event(together, of, version))
          await answerOf(given => deliverInOrder(db, recorder, given), event(oneAtATime, of, version))
        }
      }
      expect(await tablesOf(db, together)).toEqual(await tablesOf(db, oneAtATime))
    }),
    { numRuns: 8 }
  )
})

test('deliveries side by side share transactions, two of an entity never', async () => {
  const { db } = await testDatabase()
  const deliver = createOrderedGroups(db, recorder)
  const events = Array.from({ length: 12 }, (_, at) =>
    [1, 2, 3].map(version => studentEvent({ id: `s-${at}`, version }))
  )
  const answers = await Promise.all(events.flat().map(event => deliver(deliveryOf(event))))
  // On a busy machine a transaction takes longer than others wait for it: what begins beside it may come before its turn, and is held.
  expect(answers.filter(answer => answer !== 'applied' && answer !== 'held')).toEqual([])
  expect(await db.$count(timeline)).toBe(36)
  const { rows } = await db.execute(
    sql`select count(*) as rows, count(distinct student_id) as entities from timeline group by xmin::text`
  )
  expect(rows.length).toBeLessThan(events.flat().length)
  expect(rows.filter(({ rows: inOne, entities }) => inOne !== entities)).toEqual([])
})

test('an update that is read before its create of the same burst is not held', async () => {
  const { db } = await testDatabase()
  const deliver = createOrderedGroups(db, recorder)
  const [create, update] = [1, 2].map(version => deliveryOf(studentEvent({ id: 's-1', version })))
  expect(await Promise.all([update, create].map(async one => one && deliver(one)))).toEqual(['applied', 'applied'])
})

test('one whose fence is locked by somebody else fails no other, and waits for its own', async () => {
  const { db } = await testDatabase()
  const deliver = createOrderedGroups(db, recorder)
  const events = Array.from({ length: 6 }, (_, at) => studentEvent({ id: `s-${at}`, version: 1 }))
  const answered = await inTransaction(db, async tx => {
    await lockFence(tx, recorder.name, 's-3')
    const answers = events.map(event => deliver(deliveryOf(event)))
    await Promise.all(answers.filter((_, at) => at !== 3))
    return { waiting: answers[3] }
  })
  expect(await answered.waiting).toBe('applied')
  expect(await db.$count(timeline)).toBe(6)
})

test('a broken connection fails no delivery of the group', async () => {
  const { db } = await anotherProcess()
  let broken = false
  const breaking: DeliveredFunction<Student> = {
    ...recorder,
    async handle(event, context) {
      await recorder.handle(event, context)
      if (broken || event.subject !== 's-3') return
      broken = true
      await context.tx.execute(sql`select pg_terminate_backend(pg_backend_pid())`)
    }
  }
  const deliver = createOrderedGroups(db, breaking)
  const events = Array.from({ length: 6 }, (_, at) => studentEvent({ id: `s-${at}`, version: 1 }))
  expect(await Promise.all(events.map(event => deliver(deliveryOf(event))))).toEqual(events.map(() => 'applied'))
  expect(await db.$count(timeline)).toBe(6)
})

test('a letter that is written while a group waits for the fence is resolved', async () => {
  const { db } = await testDatabase()
  const event = eventOf('plain', 's-1')
  const deliver = createOrderedGroups(db, recorder)
  await inTransaction(db, async tx => void (await lockFence(tx, recorder.name, 's-1')))
  const delivered = await inTransaction(db, async tx => {
    await lockFence(tx, recorder.name, 's-1')
    const answers = ['s-0', 's-1', 's-2'].map(id => deliver(deliveryOf(eventOf('plain', id))))
    await untilBlocked(db, 'the delivery')
    await tx.insert(deadLetters).values(letterOf(event, 'open'))
    return { answers }
  })
  expect(await Promise.all(delivered.answers)).toEqual(['applied', 'applied', 'applied'])
  expect(await db.select({ state: deadLetters.state }).from(deadLetters)).toEqual([{ state: 'resolved' }])
})

test('without an order, each is handled once too, and a bad one takes no other along', async () => {
  const { db } = await testDatabase()
  let run = 0
  const kind = fc.constantFrom('plain', 'done', 'refused', 'undecodable', 'discarded')
  await fc.assert(
    fc.asyncProperty(
      fc.array(kind as fc.Arbitrary<(typeof kinds)[number]>, { minLength: 2, maxLength: 12 }),
      async list => {
        const outcomes = []
        for (const way of ['one at a time', 'together'] as const) {
          const events = list.map((one, at) => eventOf(one, `${way}-${run}-${at}`))
          for (const [at, event] of events.entries()) {
            if (list[at] === 'done') await deliverOnce(db, recorder, event)
            if (list[at] === 'discarded') await db.insert(deadLetters).values(letterOf(event, 'discarded'))
          }
          const groups = createUnorderedGroups(db, recorder)
          const both = [...events, ...events]
          const deliveries = both.map(
            event => () =>
              answerOf(one => (way === 'together' ? groups(deliveryOf(one)) : deliverOnce(db, recorder, one)), event)
          )
          const answers =
            way === 'together' ? await Promise.all(deliveries.map(one => one())) : await inTurn(deliveries)
          outcomes.push({ answers: answers.toSorted(), tables: await tablesOf(db, `${way}-${run}-`) })
        }
        run++
        expect(outcomes[1]).toEqual(outcomes[0])
      }
    ),
    { numRuns: 8 }
  )
})

/** With a pool of its own, whose connections may break. */
async function anotherProcess(given?: string) {
  const url = given ?? (await testDatabase()).url
  const config = { DATABASE_URL: url, DATABASE_POOL_SIZE: 10, DATABASE_TIMEOUT_MS: 10_000 }
  const connection = connect(config, 'another', () => undefined)
  onTestFinished(() => connection.close())
  return connection
}

const deliveryOf = (event: ReceivedEvent): Delivery => ({ event, contextOf: tx => ({ tx }) })

async function inTurn<Result>(works: readonly (() => Promise<Result>)[]): Promise<Result[]> {
  const results = []
  for (const work of works) results.push(await work())
  return results
}

async function answerOf(deliver: Deliver, event: ReceivedEvent): Promise<string> {
  try {
    return String(await deliver(event))
  } catch (error) {
    return error instanceof PermanentFailure ? error.reason : String(error)
  }
}
