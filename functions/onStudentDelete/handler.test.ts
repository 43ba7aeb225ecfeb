import { expect, test } from 'vitest'
import { testDatabase } from '../../infra/test/database.ts'
import { studentDeletedEvent, studentEvent } from '../../infra/test/student-event.ts'
import { readStudent } from '../createStudent/read-student.ts'
import onAnyStudent from '../onAnyStudent/index.ts'
import onStudentCreate from '../onStudentCreate/index.ts'
import onStudentUpdate from '../onStudentUpdate/index.ts'
import { deliverInOrder } from '../runtime/delivery/deliver-in-order.ts'
import { directory, users } from '../students/tables.ts'
import onStudentDelete from './index.ts'

const deleted = studentDeletedEvent({
  version: 3,
  predecessors: 'school.student.v1.StudentCreated=1&school.student.v1.StudentUpdated=2'
})

test('a deleted student leaves the directory, and its timeline stays', async () => {
  const { db } = await testDatabase()
  await db.insert(users).values({ id: 'user-1', name: 'Ada', email: 'ada@example.com' })
  await deliverInOrder(db, onStudentCreate, studentEvent({ version: 1 }))
  for (const event of [deleted, studentEvent({ version: 2 }), studentEvent({ version: 1 })]) {
    await deliverInOrder(db, onAnyStudent, event)
  }
  expect(await deliverInOrder(db, onStudentDelete, deleted)).toBe('applied') // whatever came before it of other types
  expect(await readStudent(db, 'student-1')).toMatchObject({
    student: null,
    directory: null,
    timeline: [{ sequence: 1 }, { sequence: 2 }, { sequence: 3, type: deleted.type, name: null, email: null }]
  })
  expect(await db.select().from(directory)).toMatchObject([
    { status: 'deleted', userId: null, name: null, email: null }
  ])
})

test('a creation or a change that comes late does not bring the student back', async () => {
  const { db } = await testDatabase()
  await db.insert(users).values({ id: 'user-1', name: 'Ada', email: 'ada@example.com' })
  await deliverInOrder(db, onStudentDelete, deleted)
  await deliverInOrder(db, onStudentCreate, studentEvent({ version: 1 }))
  await deliverInOrder(db, onStudentUpdate, studentEvent({ version: 2 }))
  expect(await db.select().from(directory)).toMatchObject([{ status: 'deleted', name: null, version: 3 }])
})
