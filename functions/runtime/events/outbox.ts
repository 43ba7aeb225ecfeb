// Publishing: an event is a row in the same transaction as what it tells about. Debezium carries it to Kafka.
import { toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { createHash } from 'node:crypto'
import { and, eq } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import type { Database, Transaction } from '../host/database.ts'
import { Problem, unavailable } from '../host/problem.ts'
import { encodeStudentEvent, eventSchemasByType, type Student } from '../../students/student-events.ts'
import { formatSequence } from '../delivery/position.ts'
import { protobufContentType } from './event-type.ts'
import { eventSchemas, maxEventBytes, outbox } from '../../students/tables.ts'

export interface Publisher {
  /** Writes the event that tells of `student` as it is from now on. Any topic will do: it is a column. */
  publish(tx: Transaction, student: Student, traceparent: string, now: Date): Promise<void>
  /** Whether the registry knows the schema that this build writes. */
  isReady(): Promise<boolean>
}

/** `source` names the function that publishes, as a CloudEvents source. */
export function createPublisher(
  db: Database,
  options: { readonly topic: string; readonly type: string; readonly source: string }
): Publisher {
  const schema = eventSchemasByType.get(options.type)
  if (schema === undefined) throw new Error(`no event is named ${options.type}`)
  let dataschema: string | undefined

  /** Looked up once: a build's digest never gets another address. */
  async function findDataschema(connection: Database | Transaction): Promise<string | undefined> {
    const [registered] = await connection
      .select({ dataschema: eventSchemas.dataschema })
      .from(eventSchemas)
      .where(and(eq(eventSchemas.type, options.type), eq(eventSchemas.digest, schemaDigest(options.type))))
    return registered?.dataschema
  }

  return {
    async publish(tx, student, traceparent, now) {
      dataschema ??= await findDataschema(tx)
      if (dataschema === undefined) throw unavailable(`the schema of ${options.type} is not registered yet`)
      const payload = encodeStudentEvent(schema, student, now)
      if (payload.length > maxEventBytes) {
        throw new Problem(
          413,
          'event-too-large',
          'Event too large',
          `its event of ${payload.length} bytes is over the ${maxEventBytes} that a record can carry`
        )
      }
      await tx.insert(outbox).values({
        id: uuidv7(),
        topic: options.topic,
        key: student.id,
        type: options.type,
        source: options.source,
        subject: student.id,
        time: now.toISOString(),
        contentType: protobufContentType,
        dataschema,
        sequence: formatSequence(student.version),
        partitionkey: student.id,
        traceparent,
        payload
      })
    },
    async isReady() {
      dataschema ??= await findDataschema(db)
      return dataschema !== undefined
    }
  }
}

/** Names the exact schema that this build writes: the hash of its file's descriptor. */
export function schemaDigest(type: string): string {
  const schema = eventSchemasByType.get(type)
  if (schema === undefined) throw new Error(`no event is named ${type}`)
  return createHash('sha256').update(toBinary(FileDescriptorProtoSchema, schema.file.proto)).digest('hex')
}
