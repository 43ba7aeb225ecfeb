// What reaches deadLetterReplay: letters from Knative and users from Debezium.
import { v7 as uuidv7 } from 'uuid'
import type { FunctionProcess } from '../../../infra/test/function-process.ts'
import { studentEvent } from '../../../infra/test/student-event.ts'
import type { Database } from '../../runtime/host/database.ts'
import type { ReceivedEvent } from '../../runtime/events/received-event.ts'
import { outbox } from '../../runtime/tables/publishing.ts'

/** Whom the events of students wait for. */
export const user = { id: 'user-1', name: 'Ada', email: 'ada@example.com' }

/** A student's event as it is published: with its row in the outbox, which says what came before. */
export async function published(db: Database, student: Parameters<typeof studentEvent>[0]): Promise<ReceivedEvent> {
  const event = studentEvent(student, { attributes: { id: uuidv7() } })
  const { id, source, type, subject = '', time = '', data, attributes } = event
  const { datacontenttype: contentType = '', sequence = '' } = attributes
  const unused = { topic: '', key: '', dataschema: '', partitionkey: '', traceparent: '' }
  const [row] = await db
    .insert(outbox)
    .values({ ...unused, id, source, type, subject, time, contentType, sequence, payload: data })
    .returning()
  return { ...event, attributes: { ...attributes, predecessors: row?.predecessors ?? '' } }
}

/** As Knative's dead letter sink gets it after the last try, from onStudentCreate unless `added` says otherwise. */
export function fromKnative(event: ReceivedEvent, added: Record<string, string>): ReceivedEvent {
  const attributes = {
    ...event.attributes,
    function: 'onStudentCreate',
    knativeerrordest: 'http://on-student-create.students.svc.cluster.local/',
    knativekafkapartition: '0',
    knativekafkaoffset: '7',
    ...added
  }
  return { ...event, attributes }
}

/** As Debezium's CloudEvents converter writes a row. */
export function userChange(id: string): ReceivedEvent {
  const attributes = {
    specversion: '1.0',
    id: `user-change-${id}`,
    source: '/debezium/postgresql/db',
    type: 'io.debezium.connector.postgresql.DataChangeEvent',
    datacontenttype: 'application/json'
  }
  const data = Buffer.from(JSON.stringify({ before: null, after: { ...user, id } }))
  return { ...attributes, attributes, data }
}

/** As the data plane sends it. */
export function deliver(fn: FunctionProcess, event: ReceivedEvent, path = '/') {
  return fetch(`${fn.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json' },
    body: JSON.stringify({ ...event.attributes, data_base64: event.data.toString('base64') })
  })
}
