// The students' events: what goes into the outbox and what comes back out of Kafka. The .proto files decide the rest.
import { create, fromBinary, type JsonValue, toBinary, toJson } from '@bufbuild/protobuf'
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
import { InvalidEvent } from '../runtime/errors.ts'
import type { ReceivedEvent } from '../runtime/events/received-event.ts'

export const protobufContentType = 'application/protobuf'

type EventSchema = GenMessage<StudentCreated> | GenMessage<StudentUpdated>
export const eventSchemasByType: ReadonlyMap<string, EventSchema> = new Map<string, EventSchema>([
  [StudentCreatedSchema.typeName, StudentCreatedSchema],
  [StudentUpdatedSchema.typeName, StudentUpdatedSchema]
])

export interface Student {
  readonly id: string
  readonly userId: string
  readonly name: string
  readonly email: string
  readonly version: number
}

/** A student's event, decoded and checked against its own attributes. */
export interface StudentEvent {
  readonly id: string
  readonly source: string
  readonly type: string
  readonly time: string
  readonly student: Student
}

/** Where an event stands among the events of its student. */
export interface Position {
  readonly studentId: string
  readonly sequence: number
}

/** The bare protobuf bytes of an event about a student as it is from now on. */
export function encodeStudentEvent(schema: EventSchema, student: Student, occurredAt: Date): Buffer {
  const message = create(schema, { ...student, occurredAt: timestampFromDate(occurredAt) })
  return Buffer.from(toBinary(schema, message))
}

/** The CloudEvents `sequence` of a version: zero-padded, so that text order is number order. */
export function formatSequence(version: number): string {
  return String(version).padStart(10, '0')
}

/** Reads subject and sequence; undefined when the event is not about a student. */
export function positionOf(event: ReceivedEvent): Position | undefined {
  const sequence = Number(/^\d{1,10}$/.exec(event.attributes.sequence ?? '')?.[0])
  if (!event.subject || !Number.isInteger(sequence) || sequence < 1 || sequence > 2 ** 31 - 1) return undefined
  return { studentId: event.subject, sequence }
}

/** @throws InvalidEvent when the type is not accepted, the bytes cannot be decoded, or they contradict the attributes */
export function readStudentEvent(event: ReceivedEvent, acceptedTypes: readonly string[]): StudentEvent {
  const schema = eventSchemasByType.get(event.type)
  if (schema === undefined || !acceptedTypes.includes(event.type)) {
    throw new InvalidEvent(`type ${event.type} is not taken here; expected ${acceptedTypes.join(' or ')}`)
  }
  const mediaType = event.contentType?.split(';')[0]?.trim().toLowerCase()
  if (mediaType !== protobufContentType) {
    throw new InvalidEvent(`content type ${event.contentType ?? 'none'} is not ${protobufContentType}`)
  }
  const student = decode(schema, event.data)
  const position = positionOf(event)
  if (position?.studentId !== student.id || position.sequence !== student.version) {
    throw new InvalidEvent('subject and sequence do not match the id and version in the data')
  }
  const { id, userId, name, email, version } = student
  return {
    id: event.id,
    source: event.source,
    type: event.type,
    time: event.time ?? '',
    student: { id, userId, name, email, version }
  }
}

/** The data of a student's event as JSON; undefined when it is none, or cannot be decoded. */
export function studentEventAsJson(type: string, data: Buffer): JsonValue | undefined {
  const schema = eventSchemasByType.get(type)
  try {
    return schema && toJson<typeof schema>(schema, fromBinary<typeof schema>(schema, data))
  } catch {
    return undefined
  }
}

function decode(schema: EventSchema, data: Buffer): StudentCreated | StudentUpdated {
  try {
    return fromBinary<typeof schema>(schema, data)
  } catch (error) {
    throw new InvalidEvent(
      `data is not a ${schema.typeName}: ${error instanceof Error ? error.message : String(error)}`
    )
  }
}
