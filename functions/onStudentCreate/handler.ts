// Makes a new student active in the directory once its user is known.
//
//   in          student_create, StudentCreated   (knative/on-student-create.yaml)
//   out         the student's directory entry becomes active
//   on failure  the user is not in the users table: a dead letter that waits for the user
import { eq, ne, sql } from 'drizzle-orm'
import type { DeliveryContext } from '../runtime/define-function.ts'
import { PermanentFailure } from '../runtime/errors.ts'
import type { TypedEvent } from '../runtime/events/event-type.ts'
import { prepared } from '../runtime/host/prepared.ts'
import { sendWithin } from '../runtime/host/transaction.ts'
import { directoryEntry } from '../students/directory-entry.ts'
import type { Student } from '../students/student-events.ts'
import { directory, users } from '../students/tables.ts'
import { userWithId } from '../students/user-with-id.ts'

type Context = Pick<DeliveryContext, 'tx'>

const findUser = prepared(tx =>
  tx
    .select({ id: users.id })
    .from(users)
    .where(eq(users.id, sql.placeholder('userId')))
)
const makeActive = prepared(tx =>
  tx
    .insert(directory)
    .values(directoryEntry('active'))
    // An update that came first has left newer data in a pending entry: only the status changes then.
    .onConflictDoUpdate({
      target: directory.studentId,
      set: { status: 'active', updatedAt: sql`now()` },
      setWhere: ne(directory.status, 'deleted')
    })
)

export async function onStudentCreate({ data }: TypedEvent<Student>, { tx }: Context): Promise<void> {
  const { id, userId, name, email, version } = data
  sendWithin(tx, findUser(tx, { userId }), ([user]) => {
    if (user !== undefined) return
    throw new PermanentFailure('user-not-found', `no user has the id ${userId}`, { waitsFor: userWithId(userId) })
  })
  sendWithin(tx, makeActive(tx, { id, userId, name, email, version }))
}
