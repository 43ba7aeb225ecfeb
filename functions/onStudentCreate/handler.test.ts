import { expect, test } from 'vitest'
import { testDatabase } from '../../infra/test/database.ts'
import { studentEvent } from '../../infra/test/student-event.ts'
import onStudentUpdate from '../onStudentUpdate/index.ts'
import { deliverInOrder } from '../runtime/delivery/deliver-in-order.ts'
import { deadLetters } from '../runtime/tables/letters.ts'
import { directory, users } from '../students/tables.ts'
import onStudentCreate from './index.ts'

const user = { id: 'user-1', name: 'Ada', email: 'ada@example.com' }

test('a student whose user is known becomes active', async () => {
  const { db } = await testDatabase()
  await db.insert(users).values(user)
  await deliverInOrder(db, onStudentCreate, studentEvent({ version: 1 }))
  expect(await db.select().from(directory)).toMatchObject([{ studentId: 'student-1', status: 'active', version: 1 }])
})

test('a student whose user is unknown is a dead letter that waits for the user', async () => {
  const { db } = await testDatabase()
  await expect(deliverInOrder(db, onStudentCreate, studentEvent({ version: 1 }))).rejects.toThrow('no user has the id')
  expect(await db.$count(directory)).toBe(0)
  expect(await db.select().from(deadLetters)).toMatchObject([
    { function: 'onStudentCreate', reason: 'user-not-found', class: 'permanent', waitsFor: 'user:user-1', dueAt: null }
  ])
})

test('a create that succeeds after updates activates the entry and keeps the newer data', async () => {
  const { db } = await testDatabase()
  await deliverInOrder(db, onStudentUpdate, studentEvent({ version: 2, name: 'Newer' }))
  expect(await db.select().from(directory)).toMatchObject([{ status: 'pending', name: 'Newer', version: 2 }])
  await db.insert(users).values(user)
  await deliverInOrder(db, onStudentCreate, studentEvent({ version: 1, name: 'Older' }))
  expect(await db.select().from(directory)).toMatchObject([{ status: 'active', name: 'Newer', version: 2 }])
})

test('an update is not taken for a create', async () => {
  const { db } = await testDatabase()
  const event = studentEvent({ version: 2 }, { attributes: { sequence: '0000000001' } })
  await expect(deliverInOrder(db, onStudentCreate, event)).rejects.toThrow('expected school.student.v1.StudentCreated')
})
