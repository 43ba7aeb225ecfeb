import { asc } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { testDatabase } from '../../infra/test/database.ts'
import { studentEvent } from '../../infra/test/student-event.ts'
import { deliverInOrder } from '../runtime/delivery/deliver-in-order.ts'
import { timeline } from '../students/tables.ts'
import onAnyStudent from './index.ts'

test('events of both topics form one timeline in sequence, whichever topic came first', async () => {
  const { db } = await testDatabase()
  for (const version of [2, 1, 3, 3]) await deliverInOrder(db, onAnyStudent, studentEvent({ version }))
  const rows = await db.select().from(timeline).orderBy(asc(timeline.sequence))
  expect(rows.map(({ sequence, type }) => [sequence, type])).toEqual([
    [1, 'school.student.v1.StudentCreated'],
    [2, 'school.student.v1.StudentUpdated'],
    [3, 'school.student.v1.StudentUpdated']
  ])
})
