// Keeps the directory entry of a student up to date.
//
//   in   student_update, StudentUpdated   (knative/on-student-update.yaml)
//   out  the entry's name, email and version; `pending` until onStudentCreate has found the user
import { sql } from 'drizzle-orm'
import { StudentUpdatedSchema } from '../../schemas/generated/school/student/v1/student_updated_pb.ts'
import type { StudentFunction } from '../runtime/delivery/deliver-in-order.ts'
import { startsAfter } from '../students/student-functions.ts'
import { directory } from '../students/tables.ts'

export const onStudentUpdate: StudentFunction = {
  name: 'onStudentUpdate',
  accepts: [StudentUpdatedSchema.typeName],
  startsAfter: startsAfter.onStudentUpdate,

  async handle({ student: { id, userId, name, email, version } }, tx) {
    await tx
      .insert(directory)
      .values({ studentId: id, status: 'pending', userId, name, email, version })
      .onConflictDoUpdate({ target: directory.studentId, set: { name, email, version, updatedAt: sql`now()` } })
  }
}
