// A Broker beside the small school: commands on a real topic as an ingress writes them, and what functions record of them.
import { randomBytes } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import { answerOnce, eventKey } from '../../../../functions/runtime/events/answer-once.ts'
import { deadLetters } from '../../../../functions/runtime/tables/letters.ts'
import { loadPlan } from '../../../knative-local/plans.ts'
import type { TestKafka } from '../../../knative-local/testing.ts'
import { kafkaClient } from '../kafka-client.ts'
import type { AuditReport } from '../audit-report.ts'
import { runAudit } from '../run-audit.ts'
import { commitOffsets } from './commit-offsets.ts'
import { openSchool } from './school.ts'

export interface Command {
  readonly id: string
  readonly type: string
  readonly source: string
  readonly partition: number
  readonly offset: number
}

export const createType = 'school.student.v1.CreateStudent'

export async function openBroker(kafka: TestKafka) {
  const mark = randomBytes(4).toString('hex')
  const suffix = `_${mark}`
  const school = await openSchool(kafka, suffix)
  const { db, databaseUrl, producer } = school
  const { plan } = await loadPlan(['knative', 'infra/kafka', 'infra/debezium'])
  if (plan === undefined) throw new Error('the YAML is not right')
  const own = {
    ...school.plan,
    services: plan.services,
    brokers: plan.brokers.map(broker => ({ ...broker, topic: broker.topic + suffix })),
    // The group of a Trigger whose name ends in the mark.
    triggers: plan.triggers.map(trigger => ({ ...trigger, consumerGroup: `${trigger.consumerGroup}-${mark}` }))
  }
  const topic = own.brokers[0]?.topic ?? ''
  await kafka.createTopic(topic, 2)
  const client = await kafkaClient({ bootstrap: kafka.bootstrap.join(',') })
  const groupOf = (trigger: string) => own.triggers.find(({ name }) => name === trigger)?.consumerGroup ?? ''

  return {
    db,
    databaseUrl,
    plan: own,
    mark,
    topic,
    groupOf,

    /** As an ingress writes it. */
    async send(id: string, type = createType, to = topic, headers: Record<string, string> = {}): Promise<Command> {
      const source = '/a-test'
      const attributes = { ce_specversion: '1.0', ce_id: id, ce_source: source, ce_type: type, ...headers }
      const [sent] = await producer.send({ topic: to, messages: [{ value: '{}', headers: attributes }] })
      return { id, type, source, partition: sent?.partition ?? -1, offset: Number(sent?.baseOffset) }
    },

    /** As the function does, of an event that it read under this id. */
    async answer({ source, id }: Pick<Command, 'source' | 'id'>, name = 'createStudent'): Promise<void> {
      await answerOnce(db, { function: name, key: eventKey({ source, id }), request: {} }, async () => ({
        status: 201
      }))
    },

    /** As deadLetterReplay keeps it. */
    async letter({ source, id }: Command, state: 'open' | 'discarded' = 'open', name = 'createStudent'): Promise<void> {
      await db.insert(deadLetters).values({
        id: uuidv7(),
        function: name,
        source,
        eventId: id,
        class: 'permanent',
        reason: 'a-test',
        detail: '',
        state,
        attributes: {},
        data: Buffer.alloc(0)
      })
    },

    /** The Triggers have read everything. */
    async commitAll(triggers = own.triggers.map(({ name }) => name)): Promise<void> {
      const ends = await kafka.admin.fetchTopicOffsets(topic)
      const offsets = ends.map(({ partition, high }) => ({ topic, partition, offset: high }))
      await Promise.all(triggers.map(trigger => commitOffsets(client, groupOf(trigger), offsets)))
    },

    commit: (trigger: string, partition: number, offset: number): Promise<void> =>
      commitOffsets(client, groupOf(trigger), [{ topic, partition, offset: String(offset) }]),

    createTopic: school.createTopic,
    deadLetterTopic: school.deadLetterTopic,
    unreadTopic: school.unreadTopic,

    audit: (): Promise<AuditReport> =>
      runAudit({ kafka: client, databaseUrl, plan: own, graceSeconds: 0, progress: () => undefined })
  }
}

export type TestBroker = Awaited<ReturnType<typeof openBroker>>
