// Writes down what happened to a student.
//
//   in   student_create, student_update and student_delete, one consumer group on all   (knative/on-any-student.yaml)
//   out  one timeline row an event, in the order of the student's sequence whichever topic came first
import type { DeliveryContext } from '../runtime/define-function.ts'
import type { TypedEvent } from '../runtime/events/event-type.ts'
import { insertWithin } from '../runtime/host/transaction.ts'
import type { DeletedStudent, Student } from '../students/student-events.ts'
import { timeline } from '../students/tables.ts'

type Context = Pick<DeliveryContext, 'tx'>

export async function onAnyStudent(event: TypedEvent<Student | DeletedStudent>, { tx }: Context): Promise<void> {
  const { id, source, type, time, data } = event
  insertWithin(tx, timeline, {
    studentId: data.id,
    sequence: data.version,
    type,
    source,
    eventId: id,
    time,
    name: 'name' in data ? data.name : null,
    email: 'email' in data ? data.email : null
  })
}
