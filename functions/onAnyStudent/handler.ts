// Writes down what happened to a student.
//
//   in   student_create and student_update, one consumer group on both   (knative/on-any-student.yaml)
//   out  one timeline row an event, in the order of the student's sequence whichever topic came first
import { StudentCreatedSchema } from '../../schemas/generated/school/student/v1/student_created_pb.ts'
import { StudentUpdatedSchema } from '../../schemas/generated/school/student/v1/student_updated_pb.ts'
import type { StudentFunction } from '../runtime/delivery/deliver-in-order.ts'
import { startsAfter } from '../students/student-functions.ts'
import { timeline } from '../students/tables.ts'

export const onAnyStudent: StudentFunction = {
  name: 'onAnyStudent',
  accepts: [StudentCreatedSchema.typeName, StudentUpdatedSchema.typeName],
  startsAfter: startsAfter.onAnyStudent,

  async handle({ id, source, type, time, student }, tx) {
    await tx.insert(timeline).values({
      studentId: student.id,
      sequence: student.version,
      type,
      source,
      eventId: id,
      time,
      name: student.name,
      email: student.email
    })
  }
}
