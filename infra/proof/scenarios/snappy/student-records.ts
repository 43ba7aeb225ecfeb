// StudentUpdated events as Debezium writes them (infra/debezium/outbox-connector.yaml): what repeats repeats, and what is
// random in life is random here.
import type { Message } from 'kafkajs'
import { randomBytes } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import { encodeStudentEvent } from '../../../../functions/students/student-events.ts'
import { formatSequence } from '../../../../functions/runtime/delivery/position.ts'
import { protobufContentType } from '../../../../functions/runtime/events/event-type.ts'
import { StudentUpdatedSchema } from '../../../../schemas/generated/school/student/v1/student_updated_pb.ts'

export const payloads = ['protobuf', 'JSON'] as const
export type Payload = (typeof payloads)[number]

/** Records in one request, and so in one batch: a poll of Debezium on a busy day. */
export const recordsPerRequest = 500
/** More than a batch has records: nobody is changed twice in one. */
const students = 2_000

const firstNames = ['Ada', 'Alan', 'Barbara', 'Edsger', 'Grace', 'Ken', 'Margaret', 'Tony']
const lastNames = ['Dijkstra', 'Hamilton', 'Hoare', 'Hopper', 'Liskov', 'Lovelace', 'Thompson', 'Turing']

/** Bytes of key, value and headers are what a consumer gets. */
export type StudentRecord = Message & {
  readonly key: string
  readonly value: Buffer
  readonly headers: Record<string, string>
}

export function studentRecords(payload: Payload, count: number): StudentRecord[] {
  const ids = Array.from({ length: students }, () => uuidv7())
  return Array.from({ length: count }, (_, index) => {
    const id = ids[index % students] ?? ''
    const version = Math.floor(index / students) + 2
    const first = firstNames[index % firstNames.length] ?? ''
    const last = lastNames[Math.floor(index / firstNames.length) % lastNames.length] ?? ''
    const student = { id, userId: `user-${index % students}`, name: `${first} ${last}`, version }
    const whole = { ...student, email: `${first}.${last}.${index % students}@example.com`.toLowerCase() }
    const now = new Date()
    const traceparent = `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`
    return {
      key: id,
      value:
        payload === 'protobuf'
          ? encodeStudentEvent(StudentUpdatedSchema, whole, now)
          : Buffer.from(JSON.stringify({ ...whole, occurredAt: now.toISOString() })),
      headers: {
        ce_specversion: '1.0',
        ce_id: uuidv7(),
        ce_type: StudentUpdatedSchema.typeName,
        ce_source: '/students/updateStudent',
        ce_subject: id,
        ce_time: now.toISOString(),
        'content-type': payload === 'protobuf' ? protobufContentType : 'application/json',
        ce_dataschema: `http://registry.example.com/apis/ccompat/v7/subjects/${StudentUpdatedSchema.typeName}/versions/1`,
        ce_sequence: formatSequence(version),
        ce_partitionkey: id,
        ce_traceparent: traceparent,
        traceparent
      }
    }
  })
}
