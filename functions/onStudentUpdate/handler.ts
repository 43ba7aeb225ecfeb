// Keeps the directory entry of a student up to date.
//
//   in   student_update, StudentUpdated   (knative/on-student-update.yaml)
//   out  the entry's name, email and version; `pending` until onStudentCreate has found the user
import { ne, sql } from 'drizzle-orm'
import type { DeliveryContext } from '../runtime/define-function.ts'
import type { TypedEvent } from '../runtime/events/event-type.ts'
import { sendWithin } from '../runtime/host/transaction.ts'
import type { Student } from '../students/student-events.ts'
import { directory } from '../students/tables.ts'

type Context = Pick<DeliveryContext, 'tx'>

export async function onStudentUpdate({ data }: TypedEvent<Student>, { tx }: Context): Promise<void> {
  const { id, userId, name, email, version } = data
  const entry = tx
    .insert(directory)
    .values({ studentId: id, status: 'pending', userId, name, email, version })
    .onConflictDoUpdate({
      target: directory.studentId,
      set: { name, email, version, updatedAt: sql`now()` },
      setWhere: ne(directory.status, 'deleted')
    })
  sendWithin(tx, entry)
}
