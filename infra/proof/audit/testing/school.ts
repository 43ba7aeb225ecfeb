// A small school for tests of the audit: real changes in a real database, published to a real broker as Debezium publishes
// them, and delivered by the functions' own engine. Each step is taken by hand, so that a test can leave one out.
import { randomBytes } from 'node:crypto'
import { asc, eq } from 'drizzle-orm'
import kafkajs from 'kafkajs'
import { onTestFinished } from 'vitest'
import { createStudent } from '../../../../functions/createStudent/handler.ts'
import onAnyStudent from '../../../../functions/onAnyStudent/index.ts'
import onStudentCreate from '../../../../functions/onStudentCreate/index.ts'
import onStudentUpdate from '../../../../functions/onStudentUpdate/index.ts'
import type { Database, Transaction } from '../../../../functions/runtime/host/database.ts'
import { inTransaction } from '../../../../functions/runtime/host/transaction.ts'
import type { DeliveredFunction } from '../../../../functions/runtime/delivery/delivered-function.ts'
import { deliverInOrder } from '../../../../functions/runtime/delivery/deliver-in-order.ts'
import { PermanentFailure } from '../../../../functions/runtime/errors.ts'
import { createPublisher, type Publisher } from '../../../../functions/runtime/events/publisher.ts'
import type { ReceivedEvent } from '../../../../functions/runtime/events/received-event.ts'
import { type Student, studentCreated, studentUpdated } from '../../../../functions/students/student-events.ts'
import { outbox } from '../../../../functions/runtime/tables/publishing.ts'
import { users } from '../../../../functions/students/tables.ts'
import { updateStudent } from '../../../../functions/updateStudent/handler.ts'
import { loadPlan, type Plan } from '../../../knative-local/plans.ts'
import type { TestKafka } from '../../../knative-local/testing.ts'
import { testDatabase } from '../../../test/database.ts'
import { kafkaClient } from '../kafka-client.ts'
import type { AuditReport } from '../audit-report.ts'
import { runAudit } from '../run-audit.ts'

export type OutboxRow = typeof outbox.$inferSelect
/** An event and where its record is. */
export interface Published {
  readonly row: OutboxRow
  readonly partition: number
  readonly offset: number
}

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
export const functions = [onStudentCreate, onStudentUpdate, onAnyStudent]
/** Whatever else the project has: a function that is added there is none of this school. */
const followed = new Set([...functions.map(({ name }) => name), 'onStudentDelete'])
type Deliver = (db: Database, fn: DeliveredFunction, event: ReceivedEvent) => Promise<unknown>

/** One broker serves all tests: each has topics and groups of its own, otherwise as the YAML has them. */
export async function openSchool(kafka: TestKafka, suffix = `_${randomBytes(4).toString('hex')}`) {
  const { db, url } = await testDatabase()
  const { plan } = await loadPlan(['knative', 'infra/kafka', 'infra/debezium'])
  if (plan === undefined) throw new Error('the YAML is not right')
  const own = {
    kafkaSources: plan.kafkaSources
      .filter(({ extensions: { function: name } }) => name === undefined || followed.has(name))
      .map((source): Plan['kafkaSources'][number] => ({
        ...source,
        consumerGroup: source.consumerGroup + suffix,
        topics: source.topics.map(topic => topic + suffix)
      })),
    kafkaSinks: plan.kafkaSinks.map((sink): Plan['kafkaSinks'][number] => ({ ...sink, topic: sink.topic + suffix }))
  }
  const createTopic = `student_create${suffix}`
  const deleteTopic = `student_delete${suffix}`
  const updateTopic = `student_update${suffix}`
  const deadLetterTopic = `student_dead_letter${suffix}`
  const unreadTopic = `student_dead_letter_unread${suffix}`
  for (const topic of [createTopic, updateTopic, deleteTopic, deadLetterTopic]) await kafka.createTopic(topic, 2)
  await kafka.createTopic(unreadTopic, 1)
  const client = await kafkaClient({ bootstrap: kafka.bootstrap.join(',') })
  const producer = client.producer({ allowAutoTopicCreation: false, retry: { retries: 10 } })
  await producer.connect()
  onTestFinished(() => producer.disconnect())

  const options = {
    publications: { STUDENT_CREATE_TOPIC: studentCreated, STUDENT_UPDATE_TOPIC: studentUpdated },
    topics: { STUDENT_CREATE_TOPIC: createTopic, STUDENT_UPDATE_TOPIC: updateTopic }
  }
  const creating = createPublisher(db, { ...options, source: '/students/create-student' })
  const updating = createPublisher(db, { ...options, source: '/students/update-student' })
  const context = (tx: Transaction, publisher: Publisher) => {
    const now = new Date()
    return { tx, now, publish: publisher.within(tx, traceparent, now) }
  }
  await db.insert(users).values({ id: 'user-1', name: 'Ada', email: 'ada@example.com' })
  const groupOf = (fn: DeliveredFunction) =>
    own.kafkaSources.find(({ extensions }) => extensions.function === fn.name)?.consumerGroup ?? ''
  const topicsOf = (fn: DeliveredFunction) =>
    own.kafkaSources.find(({ extensions }) => extensions.function === fn.name)?.topics ?? []

  const school = {
    db,
    databaseUrl: url,
    plan: own,
    createTopic,
    updateTopic,
    deadLetterTopic,
    unreadTopic,
    producer,

    /** A student with so many updates; answers the id. */
    async enrol(updates = 0, userId = 'user-1'): Promise<string> {
      const { body } = await inTransaction(db, tx =>
        createStudent({ userId, name: 'Ada', email: 'ada@example.com' }, context(tx, creating))
      )
      const { id } = body as Student
      for (let n = 1; n <= updates; n++) {
        await inTransaction(db, tx => updateStudent({ id, name: `Ada ${n}` }, context(tx, updating)))
      }
      return id
    },

    outboxRows: () => db.select().from(outbox).orderBy(asc(outbox.id)),

    /** As infra/debezium/outbox-connector.yaml has it. */
    async publish(
      rows: readonly OutboxRow[],
      change: (row: OutboxRow) => OutboxRow = row => row
    ): Promise<Published[]> {
      const published: Published[] = []
      for (const original of rows) {
        const row = change(original)
        const [sent] = await producer.send({
          topic: row.topic,
          compression: kafkajs.CompressionTypes.Snappy,
          messages: [{ key: row.key, value: row.payload, headers: headersOf(row) }]
        })
        published.push({ row: original, partition: sent?.partition ?? -1, offset: Number(sent?.baseOffset) })
      }
      return published
    },

    /** To one function, whatever it makes of each event. */
    async deliver(
      fn: DeliveredFunction,
      events: readonly Published[],
      deliver: Deliver = deliverInOrder
    ): Promise<void> {
      for (const { row } of events.filter(event => topicsOf(fn).includes(event.row.topic))) {
        await deliver(db, fn, eventOf(row)).catch((error: unknown) => {
          if (!(error instanceof PermanentFailure)) throw error
        })
      }
    },

    /** All groups have read everything. */
    async commitAll(): Promise<void> {
      await Promise.all(
        functions.map(async fn => {
          const ends = await Promise.all(
            topicsOf(fn).map(async topic =>
              (await kafka.admin.fetchTopicOffsets(topic)).map(({ partition, high }) => ({
                topic,
                partition,
                offset: high
              }))
            )
          )
          await commitOffsets(client, groupOf(fn), ends.flat())
        })
      )
    },

    commit: (fn: DeliveredFunction, topic: string, partition: number, offset: number): Promise<void> =>
      commitOffsets(client, groupOf(fn), [{ topic, partition, offset: String(offset) }]),

    /** All of it: publish, deliver to everyone, commit. */
    async run(): Promise<Published[]> {
      const published = await school.publish(await school.outboxRows())
      for (const fn of functions) await school.deliver(fn, published)
      await school.commitAll()
      return published
    },

    rowOf: async (eventId: string) => (await db.select().from(outbox).where(eq(outbox.id, eventId)))[0],

    audit: (graceSeconds = 0): Promise<AuditReport> =>
      runAudit({ kafka: client, databaseUrl: url, plan: own, graceSeconds, progress: () => undefined })
  }
  return school
}

export type School = Awaited<ReturnType<typeof openSchool>>

/** As a member for a moment: kafkajs' admin.setOffsets takes seconds for the same. */
export async function commitOffsets(
  kafka: kafkajs.Kafka,
  groupId: string,
  offsets: readonly kafkajs.TopicPartitionOffset[]
): Promise<void> {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 20 })
  const joined = Promise.withResolvers<void>()
  // Between joining and fetching, kafkajs drops a commit without a word (kafkajs/src/consumer/runner.js, commitOffsets).
  consumer.on(consumer.events.FETCH_START, () => joined.resolve())
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) joined.reject(payload.error)
  })
  await consumer.connect()
  try {
    await consumer.subscribe({ topics: [...new Set(offsets.map(({ topic }) => topic))], fromBeginning: true })
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => undefined })
    await joined.promise
    await consumer.commitOffsets([...offsets])
  } finally {
    await consumer.disconnect()
  }
}

function headersOf(row: OutboxRow): Record<string, string> {
  return {
    ce_specversion: row.specversion,
    ce_id: row.id,
    ce_type: row.type,
    ce_source: row.source,
    ce_subject: row.subject,
    ce_time: row.time,
    ce_dataschema: row.dataschema,
    ce_sequence: row.sequence,
    ce_partitionkey: row.partitionkey,
    ce_predecessors: row.predecessors,
    'content-type': row.contentType,
    ce_kafkatopic: row.topic,
    ce_traceparent: row.traceparent,
    traceparent: row.traceparent
  }
}

export function eventOf(row: OutboxRow): ReceivedEvent {
  const { id, source, type, subject, time, contentType, sequence, partitionkey, dataschema, specversion } = row
  const { predecessors } = row
  const attributes = { specversion, id, source, type, subject, time, sequence, partitionkey, dataschema, predecessors }
  return {
    id,
    source,
    type,
    subject,
    time,
    contentType,
    attributes: { ...attributes, datacontenttype: contentType, traceparent: row.traceparent },
    data: row.payload
  }
}
