import { expect, test } from 'vitest'
import { deliverInOrder } from '../../../../functions/runtime/delivery/deliver-in-order.ts'
import { students } from '../../../../functions/students/tables.ts'
import onAnyStudent from '../../../../functions/onAnyStudent/index.ts'
import onStudentUpdate from '../../../../functions/onStudentUpdate/index.ts'
import { testDatabase } from '../../../test/database.ts'
import { studentEvent } from '../../../test/student-event.ts'
import { effectRowsOfLoad } from './effect-rows.ts'

test('a second delivery writes no effect again, and an effect that is done again shows', async () => {
  const { db, pool } = await testDatabase()
  const student = { id: 'student-1', userId: 'user-1', name: 'Ada', email: 'ada@load.example.com', version: 3 }
  await db.insert(students).values(student)
  const events = [1, 2, 3].map(version => studentEvent({ version }))
  for (const event of [...events, ...events]) await deliverInOrder(db, onAnyStudent, event)
  for (const event of [...events.slice(1), ...events.slice(1)]) await deliverInOrder(db, onStudentUpdate, event)
  const look = () => effectRowsOfLoad({ database: pool }, { domain: 'load.example.com' })
  expect(await look()).toEqual([
    { table: 'timeline', rows: 3, writtenAgain: 0 },
    { table: 'directory', rows: 1, writtenAgain: 0 }
  ])
  await pool.query('update directory set updated_at = now()')
  expect(await look()).toMatchObject([{ writtenAgain: 0 }, { rows: 1, writtenAgain: 1 }])
})
