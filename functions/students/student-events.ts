// The students' events: what goes into the outbox and what comes back out of Kafka. The .proto files decide the rest.
import { create, type JsonValue, toBinary } from '@bufbuild/protobuf'
import type { GenMessage } from '@bufbuild/protobuf/codegenv2'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import {
  type StudentCreated,
  StudentCreatedSchema
} from '../../schemas/generated/school/student/v1/student_created_pb.ts'
import {
  type StudentUpdated,
  StudentUpdatedSchema
} from '../../schemas/generated/school/student/v1/student_updated_pb.ts'
import {
  type StudentDeleted,
  StudentDeletedSchema
} from '../../schemas/generated/school/student/v1/student_deleted_pb.ts'
import { type EventType, protobufEvent } from '../runtime/events/event-type.ts'

type WholeStudent = GenMessage<StudentCreated> | GenMessage<StudentUpdated>
type EventSchema = WholeStudent | GenMessage<StudentDeleted>
export const eventSchemasByType: ReadonlyMap<string, EventSchema> = new Map<string, EventSchema>([
  [StudentCreatedSchema.typeName, StudentCreatedSchema],
  [StudentUpdatedSchema.typeName, StudentUpdatedSchema],
  [StudentDeletedSchema.typeName, StudentDeletedSchema]
])

export interface Student {
  readonly id: string
  readonly userId: string
  readonly name: string
  readonly email: string
  readonly version: number
}

/** What is left of a student that was deleted. */
export type DeletedStudent = Pick<Student, 'id' | 'version'>

const entity = ({ id, version }: Pick<Student, 'id' | 'version'>) => ({ id, sequence: version })

export const studentCreated = protobufEvent(StudentCreatedSchema, { entity })
/** A student's first event is always its creation. */
export const studentUpdated = protobufEvent(StudentUpdatedSchema, { entity, firstSequence: 2 })

/** The last event of its student. */
export const studentDeleted = protobufEvent(StudentDeletedSchema, { entity, firstSequence: 2 })

const studentEvents: readonly EventType[] = [studentCreated, studentUpdated, studentDeleted]

/** A student as it is from now on, or what is left of it, as the data of an event. */
export function asMessage<Known extends DeletedStudent>(student: Known, occurredAt: Date) {
  return { ...student, occurredAt: timestampFromDate(occurredAt) }
}

/** The bare protobuf bytes of an event about a student as it is from now on. */
export function encodeStudentEvent(schema: WholeStudent, student: Student, occurredAt: Date): Buffer {
  const message = create(schema, asMessage(student, occurredAt))
  return Buffer.from(toBinary(schema, message))
}

/** The data of a student's event as JSON; undefined when it is none, or cannot be decoded. */
export function studentEventAsJson(type: string, data: Buffer): JsonValue | undefined {
  return studentEvents.find(event => event.type === type)?.asJson(data)
}
