// Rows that are gone, forged or changed.
import { and, eq, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { fences, handledEvents } from '../../../../functions/runtime/tables/deliveries.ts'
import { directory, students, timeline } from '../../../../functions/students/tables.ts'
import type { TestKafka } from '../../../knative-local/testing.ts'
import { damaged } from '../testing/damaged.ts'

export function damagedTables(kafka: () => TestKafka): void {
  test('a handled row that is gone', async () => {
    const { school, student } = await damaged(kafka(), async (db, id) => {
      await db
        .delete(handledEvents)
        .where(
          and(eq(handledEvents.function, 'onAnyStudent'), eq(handledEvents.entity, id), eq(handledEvents.sequence, 2))
        )
    })
    expect((await school.audit()).findings).toMatchObject([
      { kind: 'lost', function: 'onAnyStudent', topic: school.updateTopic, student, sequence: 2 }
    ])
  })

  test('an effect that no event had', async () => {
    const { school, student } = await damaged(kafka(), async (db, id) => {
      await db.insert(timeline).values({
        studentId: id,
        sequence: 9,
        type: 'x',
        source: '/forged',
        eventId: 'forged',
        time: new Date().toISOString(),
        name: 'x',
        email: 'x'
      })
    })
    expect((await school.audit()).findings).toMatchObject([
      { kind: 'effect-without-event', function: 'onAnyStudent', id: 'forged', student, sequence: 9 }
    ])
  })

  test('an event that was handled and never sent', async () => {
    const { school, student } = await damaged(kafka(), async (db, id) => {
      await db
        .insert(handledEvents)
        .values({ function: 'onStudentUpdate', source: '/forged', eventId: 'forged', entity: id, sequence: 4 })
      await db
        .update(fences)
        .set({ sequence: 4 })
        .where(and(eq(fences.function, 'onStudentUpdate'), eq(fences.entity, id)))
      await db.update(directory).set({ version: 4 }).where(eq(directory.studentId, id))
    })
    expect((await school.audit()).findings).toMatchObject([
      { kind: 'effect-without-event', function: 'onStudentUpdate', id: 'forged', student, sequence: 4 }
    ])
  })

  test('an effect that is gone', async () => {
    const { school, student } = await damaged(kafka(), async (db, id) => {
      await db.delete(timeline).where(and(eq(timeline.studentId, id), eq(timeline.sequence, 3)))
    })
    expect((await school.audit()).findings).toMatchObject([
      { kind: 'effect-missing', function: 'onAnyStudent', student, sequence: 3 }
    ])
  })

  test.each([
    ['version', { version: 2 }],
    ['status', { status: 'pending' }]
  ] as const)('a directory entry with another %s than was handled', async (_, changed) => {
    const { school, student } = await damaged(kafka(), async (db, id) => {
      await db.update(directory).set(changed).where(eq(directory.studentId, id))
    })
    expect((await school.audit()).findings).toMatchObject([{ kind: 'directory-differs', student }])
  })

  test('effects in the wrong order', async () => {
    const { school, student } = await damaged(kafka(), async (db, id) => {
      const second = and(
        eq(handledEvents.function, 'onAnyStudent'),
        eq(handledEvents.entity, id),
        eq(handledEvents.sequence, 2)
      )
      await db
        .update(handledEvents)
        .set({ handledAt: sql`clock_timestamp()` })
        .where(second)
    })
    expect((await school.audit()).findings).toMatchObject([
      { kind: 'out-of-order', function: 'onAnyStudent', student, sequence: 3 }
    ])
  })

  test('a fence that moved over nothing', async () => {
    const { school, student } = await damaged(kafka(), async (db, id) => {
      const fence = and(eq(fences.function, 'onAnyStudent'), eq(fences.entity, id))
      await db.update(fences).set({ sequence: 5 }).where(fence)
    })
    expect((await school.audit()).findings).toMatchObject([
      { kind: 'fence-ahead', function: 'onAnyStudent', student, sequence: 4 },
      { kind: 'fence-ahead', function: 'onAnyStudent', student, sequence: 5 }
    ])
  })

  test('a fence that would let an event through again', async () => {
    const { school, student } = await damaged(kafka(), async (db, id) => {
      const fence = and(eq(fences.function, 'onAnyStudent'), eq(fences.entity, id))
      await db.update(fences).set({ sequence: 2 }).where(fence)
    })
    expect((await school.audit()).findings).toMatchObject([
      { kind: 'fence-behind', function: 'onAnyStudent', student, sequence: 3 }
    ])
  })

  test('a change that was never published', async () => {
    const { school, student } = await damaged(kafka(), async (db, id) => {
      await db.update(students).set({ version: 4 }).where(eq(students.id, id))
    })
    expect((await school.audit()).findings).toMatchObject([{ kind: 'change-without-event', student, sequence: 4 }])
  })
}
