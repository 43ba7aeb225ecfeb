// A small school for tests of the audit: real changes in a real database, published to a real broker as Debezium publishes
// them, and delivered by the functions' own engine. Each step is taken by hand, so that a test can leave one out.
import { randomBytes } from 'node:crypto'
import { asc, eq } from 'drizzle-orm'
import type { TopicPartitionOffset } from 'kafkajs'
import { onTestFinished } from 'vitest'
import onAnyStudent from '../../../../functions/onAnyStudent/index.ts'
import onStudentCreate from '../../../../functions/onStudentCreate/index.ts'
import onStudentUpdate from '../../../../functions/onStudentUpdate/index.ts'
import type { DeliveredFunction } from '../../../../functions/runtime/delivery/delivered-function.ts'
import { deliverInOrder } from '../../../../functions/runtime/delivery/deliver-in-order.ts'
import { PermanentFailure } from '../../../../functions/runtime/errors.ts'
import type { ReceivedEvent } from '../../../../functions/runtime/events/received-event.ts'
import type { Database } from '../../../../functions/runtime/host/database.ts'
import { outbox } from '../../../../functions/runtime/tables/publishing.ts'
import { users } from '../../../../functions/students/tables.ts'
import type { TestKafka } from '../../../knative-local/testing.ts'
import { testDatabase } from '../../../test/database.ts'
import type { AuditReport } from '../audit-report.ts'
import { kafkaClient } from '../kafka-client.ts'
import { runAudit } from '../run-audit.ts'
import { commitOffsets } from './commit-offsets.ts'
import { createEnrolment } from './enrolment.ts'
import { eventOf, type OutboxRow } from './outbox-record.ts'
import { loadOwnPlan } from './own-plan.ts'
import { type Published, publishRows } from './publish-rows.ts'

export const functions = [onStudentCreate, onStudentUpdate, onAnyStudent]
type Deliver = (db: Database, fn: DeliveredFunction, event: ReceivedEvent) => Promise<unknown>

/** One broker serves all tests: each has topics and groups of its own, otherwise as the YAML has them. */
export async function openSchool(kafka: TestKafka, suffix = `_${randomBytes(4).toString('hex')}`) {
  const { db, url } = await testDatabase()
  const own = await loadOwnPlan(suffix)
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

    enrol: createEnrolment(db, { STUDENT_CREATE_TOPIC: createTopic, STUDENT_UPDATE_TOPIC: updateTopic }),

    outboxRows: () => db.select().from(outbox).orderBy(asc(outbox.id)),

    publish: (rows: readonly OutboxRow[], change?: (row: OutboxRow) => OutboxRow): Promise<Published[]> =>
      publishRows(producer, rows, change),

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
        functions.map(async fn => commitOffsets(client, groupOf(fn), await endsOf(kafka, topicsOf(fn))))
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

async function endsOf({ admin }: TestKafka, topics: readonly string[]): Promise<TopicPartitionOffset[]> {
  const ends = topics.map(async topic =>
    (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => ({ topic, partition, offset: high }))
  )
  return (await Promise.all(ends)).flat()
}
