// Writes down what happened to a student.
//
//   in   student_create and student_update, one consumer group on both   (knative/on-any-student.yaml)
//   out  one timeline row an event, in the order of the student's sequence whichever topic came first
import type { DeliveryContext } from '../runtime/define-function.ts'
import type { TypedEvent } from '../runtime/events/event-type.ts'
import type { Student } from '../students/student-events.ts'
import { timeline } from '../students/tables.ts'

type Context = Pick<DeliveryContext, 'tx'>

export async function onAnyStudent(event: TypedEvent<Student>, { tx }: Context): Promise<void> {
  const { id, source, type, time, data } = event
  await tx.insert(timeline).values({
    studentId: data.id,
    sequence: data.version,
    type,
    source,
    eventId: id,
    time,
    name: data.name,
    email: data.email
  })
}
