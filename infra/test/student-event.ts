// Events as the data plane delivers them, for tests of the functions.
import { StudentCreatedSchema } from '../../schemas/generated/school/student/v1/student_created_pb.ts'
import { StudentUpdatedSchema } from '../../schemas/generated/school/student/v1/student_updated_pb.ts'
import type { ReceivedEvent } from '../../functions/runtime/events/received-event.ts'
import { asMessage, encodeStudentEvent, type Student, studentDeleted } from '../../functions/students/student-events.ts'
import { formatSequence } from '../../functions/runtime/delivery/position.ts'

/** Version 1 is a StudentCreated, every later one a StudentUpdated. */
export function studentEvent(
  student: Partial<Student> & { version: number },
  changes: Partial<ReceivedEvent> = {}
): ReceivedEvent {
  const whole: Student = {
    id: 'student-1',
    userId: 'user-1',
    name: `Name ${student.version}`,
    email: 'ada@example.com',
    ...student
  }
  const schema = whole.version === 1 ? StudentCreatedSchema : StudentUpdatedSchema
  const attributes = {
    specversion: '1.0',
    id: `event-${whole.id}-${whole.version}`,
    source: '/students/test',
    type: schema.typeName,
    subject: whole.id,
    time: '2026-01-02T03:04:05.000Z',
    sequence: formatSequence(whole.version),
    partitionkey: whole.id,
    datacontenttype: 'application/protobuf',
    ...changes.attributes
  }
  return {
    id: attributes.id,
    source: attributes.source,
    type: attributes.type,
    subject: attributes.subject,
    time: attributes.time,
    contentType: attributes.datacontenttype,
    data: encodeStudentEvent(schema, whole, new Date(attributes.time)),
    ...changes,
    attributes
  }
}

/** `predecessors` as the outbox would write them. */
export function studentDeletedEvent({
  id = 'student-1',
  version,
  predecessors
}: {
  readonly id?: string
  readonly version: number
  readonly predecessors: string
}): ReceivedEvent {
  const time = '2026-01-02T03:04:05.000Z'
  const data = studentDeleted.encode(studentDeleted.create(asMessage({ id, version }, new Date(time))))
  const { type } = studentDeleted
  return studentEvent({ id, version }, { type, data, attributes: { type, time, predecessors } })
}
