// An event for each function that takes students' events, to send by hand: `functions/NAME/event.json`, made from the
// schemas by `npm run generate:events`. Sent again, it is a duplicate, and nothing happens.
import { StudentCreatedSchema } from '../../schemas/generated/school/student/v1/student_created_pb.ts'
import { StudentUpdatedSchema } from '../../schemas/generated/school/student/v1/student_updated_pb.ts'
import { formatSequence } from '../runtime/delivery/position.ts'
import { protobufContentType } from '../runtime/events/event-type.ts'
import { asMessage, encodeStudentEvent, studentCreated, studentDeleted, studentUpdated } from './student-events.ts'

const time = '2026-01-02T03:04:05.000Z'
/** `user-1` is one of the users that development starts with (infra/jobs/seed-users.ts). */
const student = { id: 'example', userId: 'user-1', name: 'Ada Lovelace', email: 'ada@example.com' }

/** Structured CloudEvents, by the function that they are for. */
export const exampleEvents = {
  onStudentCreate: exampleEvent(StudentCreatedSchema, 1),
  onStudentUpdate: exampleEvent(StudentUpdatedSchema, 2),
  onStudentDelete: deletion(3),
  onAnyStudent: exampleEvent(StudentCreatedSchema, 1)
}

function exampleEvent(schema: typeof StudentCreatedSchema | typeof StudentUpdatedSchema, version: number) {
  return envelope(schema.typeName, version, encodeStudentEvent(schema, { ...student, version }, new Date(time)))
}

function deletion(version: number) {
  const message = studentDeleted.create(asMessage({ id: student.id, version }, new Date(time)))
  const before = { predecessors: `${studentCreated.type}=1&${studentUpdated.type}=${version - 1}` }
  return envelope(studentDeleted.type, version, studentDeleted.encode(message), before)
}

function envelope(type: string, version: number, data: Buffer, attributes: object = {}) {
  return {
    specversion: '1.0',
    id: `example-${version}`,
    source: '/students/example',
    type,
    subject: student.id,
    time,
    sequence: formatSequence(version),
    partitionkey: student.id,
    datacontenttype: protobufContentType,
    ...attributes,
    data_base64: data.toString('base64')
  }
}
