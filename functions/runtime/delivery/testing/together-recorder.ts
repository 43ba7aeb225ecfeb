import { sql } from 'drizzle-orm'
import { type Student, studentCreated, studentUpdated } from '../../../students/student-events.ts'
import { timeline } from '../../../students/tables.ts'
import { PermanentFailure } from '../../errors.ts'
import { insertWithin, sendWithin } from '../../host/transaction.ts'
import type { DeliveredFunction } from '../delivered-function.ts'

/** Writes one timeline row an event; fails permanently or for now by the name of the student. */
export const recorder: DeliveredFunction<Student> = {
  name: 'recorder',
  accepts: [studentCreated, studentUpdated],
  async handle({ id, source, type, time, data }, { tx }) {
    const { id: studentId, version: sequence, name, email } = data
    insertWithin(tx, timeline, { studentId, sequence, type, source, eventId: id, time, name, email })
    if (name === 'refused')
      sendWithin(tx, tx.execute(sql`select 1`), () => {
        throw new PermanentFailure('refused', 'refused for the test')
      })
    if (name === 'breaks') throw new Error('broken for now')
  }
}
