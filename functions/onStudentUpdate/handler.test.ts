import { expect, test } from 'vitest'
import { testDatabase } from '../../infra/test/database.ts'
import { studentEvent } from '../../infra/test/student-event.ts'
import { deliverInOrder } from '../runtime/delivery/deliver-in-order.ts'
import { directory } from '../students/tables.ts'
import onStudentUpdate from './index.ts'

test('an update before the create has succeeded leaves a pending entry', async () => {
  const { db } = await testDatabase()
  await deliverInOrder(db, onStudentUpdate, studentEvent({ version: 2, name: 'Ada' }))
  expect(await db.select().from(directory)).toMatchObject([{ status: 'pending', name: 'Ada', version: 2 }])
})

test('updates that come in the wrong order leave the newest data, and an old one does not come back', async () => {
  const { db } = await testDatabase()
  for (const version of [4, 2, 3, 2, 4]) await deliverInOrder(db, onStudentUpdate, studentEvent({ version }))
  expect(await db.select().from(directory)).toMatchObject([{ name: 'Name 4', version: 4 }])
})
