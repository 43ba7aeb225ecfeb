// Both versions through a real topic: the old consumer reads the new record, and the new one the old.
import { isDeepStrictEqual } from 'node:util'
import { protobufContentType } from '../../../../functions/runtime/events/event-type.ts'
import { logRanges } from '../../audit/log-offsets.ts'
import { readLog } from '../../audit/read-log.ts'
import { type KafkaRecord, lastHeader } from '../../../knative-local/events.ts'
import type { Narrator } from '../report/narrator.ts'
import type { Stage } from '../stage/stage.ts'
import { createTemporaryTopic } from '../stage/temporary-topic.ts'
import { courseCodec } from './course-codec.ts'
import type { Course, CourseSchemas } from './course-schemas.ts'
import type { Registered, Subject } from './registry-subject.ts'

export interface Versions {
  readonly schemas: CourseSchemas
  readonly subject: Subject
  readonly versions: readonly [Registered, Registered]
}

export interface Reading {
  readonly consumer: string
  readonly record: KafkaRecord
  /** What was written, and by which version. */
  readonly writer: { readonly version: number; readonly course: Course }
  readonly seen: Partial<Course>
}

const logic: Course = { id: 'c-1', title: 'Logic', places: 30 }
const compilers: Course = { id: 'c-2', title: 'Compilers', places: 12, room: 'H 1.03' }

export async function readEachOther(
  stage: Stage,
  narrator: Narrator,
  { schemas, subject, versions: [first, second] }: Versions
): Promise<Reading[]> {
  narrator.step('An old and a new consumer read both')
  narrator.say(
    'Two producers write CloudEvents to one topic; the header ce_dataschema names the version that wrote the value. Each consumer has fetched its own version from the registry, and reads all with it.'
  )
  const topic = await createTemporaryTopic(stage, 'schema', { partitions: 1 })
  const writers = [
    { ...first, course: logic },
    { ...second, course: compilers }
  ]
  await write(stage, topic, schemas.type, subject, writers)

  const readings: Reading[] = []
  for (const [consumer, own] of Object.entries({ old: first, new: second })) {
    const { schema } = await subject.textAt(own.dataschema)
    const codec = courseCodec(schema, schemas.type)
    const records: KafkaRecord[] = []
    await readLog(stage.kafka, await logRanges(stage.admin, [topic]), async batch => void records.push(...batch))
    for (const record of records) {
      const named = lastHeader(record, 'ce_dataschema')?.toString()
      const writer = writers.find(({ dataschema }) => dataschema === named)
      if (!writer) throw new Error(`offset ${record.offset} of ${topic} names no version that was written`)
      readings.push({ consumer, record, writer, seen: codec.decode(record.value ?? Buffer.alloc(0)) })
    }
  }
  narrator.table(
    readings.map(({ consumer, writer, seen }) => ({
      CONSUMER: `${consumer}, version ${consumer === 'old' ? first.version : second.version}`,
      'WRITTEN BY': `version ${writer.version}`,
      id: seen.id ?? null,
      title: seen.title ?? null,
      places: seen.places ?? null,
      room: seen.room ?? null
    }))
  )
  const { room: _unknownToOld, ...knownToOld } = compilers
  const seenBy = (consumer: string, version: number) =>
    readings.find(reading => reading.consumer === consumer && reading.writer.version === version)?.seen
  const [oldReadsNew, newReadsOld] = [seenBy('old', second.version), seenBy('new', first.version)]
  narrator.claim(
    'the old consumer reads the new record, but for what it does not know',
    isDeepStrictEqual(oldReadsNew, knownToOld),
    JSON.stringify(oldReadsNew)
  )
  narrator.claim(
    'the new consumer reads the old record',
    isDeepStrictEqual(newReadsOld, logic),
    JSON.stringify(newReadsOld)
  )
  narrator.fact(
    'readings',
    readings.map(({ consumer, writer, seen }) => ({ consumer, writtenBy: writer.version, seen }))
  )
  return readings
}

/** Each by the text that the registry has of its version. */
async function write(
  { kafka, undo }: Stage,
  topic: string,
  type: string,
  subject: Subject,
  writers: readonly { readonly dataschema: string; readonly course: Course }[]
): Promise<void> {
  const producer = kafka.producer({ idempotent: true })
  undo(`the producer of ${topic}`, () => producer.disconnect())
  await producer.connect()
  for (const { dataschema, course } of writers) {
    const { schema } = await subject.textAt(dataschema)
    const headers = {
      ce_specversion: '1.0',
      ce_id: course.id,
      ce_source: '/scenarios/schema',
      ce_type: type,
      ce_subject: course.id,
      ce_dataschema: dataschema,
      'content-type': protobufContentType
    }
    const value = courseCodec(schema, type).encode(course)
    await producer.send({ topic, acks: -1, messages: [{ key: course.id, value, headers }] })
  }
}
