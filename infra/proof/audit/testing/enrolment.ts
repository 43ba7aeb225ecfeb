// Real commands: the handlers of createStudent and updateStudent, each in a transaction of its own.
import { createStudent } from '../../../../functions/createStudent/handler.ts'
import { createPublisher, type Publisher } from '../../../../functions/runtime/events/publisher.ts'
import type { Database, Transaction } from '../../../../functions/runtime/host/database.ts'
import { inTransaction } from '../../../../functions/runtime/host/transaction.ts'
import { type Student, studentCreated, studentUpdated } from '../../../../functions/students/student-events.ts'
import { updateStudent } from '../../../../functions/updateStudent/handler.ts'

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const publications = { STUDENT_CREATE_TOPIC: studentCreated, STUDENT_UPDATE_TOPIC: studentUpdated }

/** A student with so many updates; answers the id. */
export type Enrol = (updates?: number, userId?: string) => Promise<string>

export function createEnrolment(db: Database, topics: Readonly<Record<keyof typeof publications, string>>): Enrol {
  const creating = createPublisher(db, { publications, topics, source: '/students/create-student' })
  const updating = createPublisher(db, { publications, topics, source: '/students/update-student' })
  const context = (tx: Transaction, publisher: Publisher) => {
    const now = new Date()
    return { tx, now, publish: publisher.within(tx, traceparent, now) }
  }
  return async (updates = 0, userId = 'user-1') => {
    const { body } = await inTransaction(db, tx =>
      createStudent({ userId, name: 'Ada', email: 'ada@example.com' }, context(tx, creating))
    )
    const { id } = body as Student
    for (let n = 1; n <= updates; n++) {
      await inTransaction(db, tx => updateStudent({ id, name: `Ada ${n}` }, context(tx, updating)))
    }
    return id
  }
}
