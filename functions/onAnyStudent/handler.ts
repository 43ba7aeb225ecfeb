// Writes down what happened to a student.
//
//   in   student_create and student_update, one consumer group on both   (knative/on-any-student.yaml)
//   out  one timeline row an event, in the order of the student's sequence whichever topic came first
import type { OrderedFunction } from '../runtime/delivery/deliver-in-order.ts'
import { type Student, studentCreated, studentUpdated } from '../students/student-events.ts'
import { timeline } from '../students/tables.ts'

export const onAnyStudent: OrderedFunction<Student> = {
  name: 'onAnyStudent',
  accepts: [studentCreated, studentUpdated],

  async handle({ id, source, type, time, data: student }, tx) {
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
