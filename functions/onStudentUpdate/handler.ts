// Keeps the directory entry of a student up to date.
//
//   in   student_update, StudentUpdated   (knative/on-student-update.yaml)
//   out  the entry's name, email and version; `pending` until onStudentCreate has found the user
import { ne, sql } from 'drizzle-orm'
import type { DeliveryContext } from '../runtime/define-function.ts'
import type { TypedEvent } from '../runtime/events/event-type.ts'
import { prepared } from '../runtime/host/prepared.ts'
import { sendWithin } from '../runtime/host/transaction.ts'
import { directoryEntry } from '../students/directory-entry.ts'
import type { Student } from '../students/student-events.ts'
import { directory } from '../students/tables.ts'

type Context = Pick<DeliveryContext, 'tx'>

const keepEntry = prepared(tx =>
  tx
    .insert(directory)
    .values(directoryEntry('pending'))
    .onConflictDoUpdate({
      target: directory.studentId,
      set: {
        name: sql`excluded.name`,
        email: sql`excluded.email`,
        version: sql`excluded.version`,
        updatedAt: sql`now()`
      },
      setWhere: ne(directory.status, 'deleted')
    })
)

export async function onStudentUpdate({ data }: TypedEvent<Student>, { tx }: Context): Promise<void> {
  const { id, userId, name, email, version } = data
  sendWithin(tx, keepEntry(tx, { id, userId, name, email, version }))
}
