// Takes a deleted student out of the directory.
//
//   in   student_delete, StudentDeleted   (knative/on-student-delete.yaml)
//   out  the entry loses all that it held of the person and is `deleted`, so that no event that comes late brings it back
import { sql } from 'drizzle-orm'
import type { DeliveryContext } from '../runtime/define-function.ts'
import type { TypedEvent } from '../runtime/events/event-type.ts'
import { sendWithin } from '../runtime/host/transaction.ts'
import type { DeletedStudent } from '../students/student-events.ts'
import { directory } from '../students/tables.ts'

type Context = Pick<DeliveryContext, 'tx'>

export async function onStudentDelete({ data }: TypedEvent<DeletedStudent>, { tx }: Context): Promise<void> {
  const gone = { status: 'deleted', userId: null, name: null, email: null, version: data.version } as const
  const entry = tx
    .insert(directory)
    .values({ studentId: data.id, ...gone })
    .onConflictDoUpdate({ target: directory.studentId, set: { ...gone, updatedAt: sql`now()` } })
  sendWithin(tx, entry)
}
