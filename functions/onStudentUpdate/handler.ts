// Keeps the directory entry of a student up to date.
//
//   in   student_update, StudentUpdated   (knative/on-student-update.yaml)
//   out  the entry's name, email and version; `pending` until onStudentCreate has found the user
import { sql } from 'drizzle-orm'
import type { OrderedFunction } from '../runtime/delivery/deliver-in-order.ts'
import { type Student, studentUpdated } from '../students/student-events.ts'
import { directory } from '../students/tables.ts'

export const onStudentUpdate: OrderedFunction<Student> = {
  name: 'onStudentUpdate',
  accepts: [studentUpdated],

  async handle({ data: { id, userId, name, email, version } }, tx) {
    await tx
      .insert(directory)
      .values({ studentId: id, status: 'pending', userId, name, email, version })
      .onConflictDoUpdate({ target: directory.studentId, set: { name, email, version, updatedAt: sql`now()` } })
  }
}
