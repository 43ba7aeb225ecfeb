// The users of production on a real broker with its authorizer: each can do its component's work, and not another's.
import type { Admin, ITopicConfig, Kafka } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SecuredKafka } from '../knative-local/testing.ts'
import { startAuthorizingBroker, topics } from './authorizing-broker.ts'
import { keptByKafka } from '../jobs/kept-by-kafka.ts'
import { KafkaSink, kafkaSink, KafkaSource, kafkaSource } from './kinds.ts'
import { pruneTopics } from './prune-settings.ts'
import { objectsOf } from './render.ts'

const sources = objectsOf('production', kafkaSource, KafkaSource)
const sinks = objectsOf('production', kafkaSink, KafkaSink)
const brokerTopic = 'knative-broker-students-default'
/** A group that one may not describe has no coordinator, as far as kafkajs says. */
const groupRefused = 'Failed to find group coordinator'

let broker: SecuredKafka
beforeAll(async () => {
  broker = await startAuthorizingBroker()
}, 120_000)
afterAll(() => broker?.stop(), 60_000)

describe.each(sources.map(({ metadata, spec }) => ({ name: metadata.name, ...spec })))(
  'the source $name',
  ({ name, topics: own, consumerGroup }) => {
    test('reads its topics, commits, and takes its group with it', async () => {
      for (const topic of own) await write('admin', topic)
      expect(await readAndCommit(name, consumerGroup, own)).toEqual(new Set(own))
      const sourceAdmin = clientOf(name).admin()
      await sourceAdmin.connect()
      await sourceAdmin.deleteGroups([consumerGroup])
      await sourceAdmin.disconnect()
    }, 60_000)

    test('reads no other topic, writes none, and joins no other group', async () => {
      const other = topics.find(topic => !own.includes(topic)) ?? ''
      await expect(readAndCommit(name, consumerGroup, [other])).rejects.toThrow(/not authorized/i)
      await expect(readAndCommit(name, 'another-group', own)).rejects.toThrow(groupRefused)
      for (const topic of own) await expect(write(name, topic)).rejects.toThrow(/not authorized/i)
    }, 60_000)
  }
)

test.each(sinks.map(({ metadata, spec }) => ({ name: metadata.name, topic: spec.topic })))(
  'the sink $name writes its topic and nothing else, and reads nothing',
  async ({ name, topic }) => {
    await write(name, topic)
    await expect(write(name, 'student_create')).rejects.toThrow(/not authorized/i)
    await expect(readAndCommit(name, 'a-group', [topic])).rejects.toThrow(groupRefused)
  },
  60_000
)

test('the Broker makes its topic, writes it, reads it in a group per Trigger, and deletes it', async () => {
  const own = clientOf('broker-default').admin()
  await own.connect()
  await makeBrokerTopic(own)
  await write('broker-default', brokerTopic)
  const group = 'knative-trigger-students-create-student'
  expect(await readAndCommit('broker-default', group, [brokerTopic])).toEqual(new Set([brokerTopic]))
  await own.deleteGroups([group])
  await own.deleteTopics({ topics: [brokerTopic] })
  await expect(write('broker-default', 'student_create')).rejects.toThrow(/not authorized/i)
  await own.disconnect()
}, 60_000)

test('Connect makes its own topics and writes those of its connectors, not the dead letters', async () => {
  const own = clientOf('connect').admin()
  await own.connect()
  const configs = ['configs', 'offsets', 'status'].map((name): ITopicConfig => ({
    topic: `students-connect-${name}`,
    numPartitions: 1,
    configEntries: [{ name: 'cleanup.policy', value: 'compact' }]
  }))
  await own.createTopics({ topics: configs, waitForLeaders: true })
  await own.disconnect()
  const written = [
    'student_create',
    'student_update',
    'db.public.users',
    'debezium-heartbeat.outbox',
    'debezium-heartbeat.db'
  ]
  for (const topic of written) await write('connect', topic)
  await expect(write('connect', 'student_dead_letter')).rejects.toThrow(/not authorized/i)
}, 60_000)

test('the prune learns how long the topics keep their records, and reads none of them', async () => {
  const own = clientOf('prune').admin()
  await own.connect()
  try {
    const asked = pruneTopics('production').filter(topic => topics.includes(topic))
    expect((await keptByKafka(own, asked)).map(({ topic }) => topic)).toEqual(asked)
    await expect(keptByKafka(own, ['db.public.users'])).rejects.toThrow(/db\.public\.users: .*not authorized/i)
  } finally {
    await own.disconnect()
  }
  await expect(readAndCommit('prune', 'audit-prune', ['student_create'])).rejects.toThrow(/not authorized/i)
}, 60_000)

test('the audit reads offsets and records, takes its own group away, and writes nothing', async () => {
  const audited = ['student_create', 'student_update', brokerTopic, 'student_dead_letter', 'student_dead_letter_unread']
  const maker = clientOf('broker-default').admin()
  await maker.connect()
  await makeBrokerTopic(maker)
  for (const topic of audited) await write('admin', topic)
  expect(await readAndCommit('audit', 'audit-1', audited)).toEqual(new Set(audited))
  const own = clientOf('audit').admin()
  await own.connect()
  try {
    for (const { spec } of sources.filter(source => source.spec.ceOverrides !== undefined)) {
      expect(await own.fetchOffsets({ groupId: spec.consumerGroup, topics: spec.topics })).not.toEqual([])
    }
    const trigger = 'knative-trigger-students-create-student'
    expect(await own.fetchOffsets({ groupId: trigger, topics: [brokerTopic] })).not.toEqual([])
    await own.deleteGroups(['audit-1'])
    await expect(own.deleteGroups(['on-any-student'])).rejects.toThrow('DeleteGroups')
  } finally {
    await own.disconnect()
    await maker.deleteTopics({ topics: [brokerTopic] })
    await maker.disconnect()
  }
  await expect(write('audit', 'student_create')).rejects.toThrow(/not authorized/i)
  await expect(readAndCommit('audit', 'on-any-student', ['student_create'])).rejects.toThrow(/not authorized/i)
}, 60_000)

async function makeBrokerTopic(admin: Admin): Promise<void> {
  const configEntries = [{ name: 'min.insync.replicas', value: '1' }]
  await admin.createTopics({ topics: [{ topic: brokerTopic, numPartitions: 1, configEntries }], waitForLeaders: true })
}

function clientOf(username: string): Kafka {
  return username === 'admin' ? broker.kafka : broker.clientOf(username)
}

async function write(user: string, topic: string): Promise<void> {
  const producer = clientOf(user).producer({ allowAutoTopicCreation: false })
  await producer.connect()
  try {
    await producer.send({ topic, acks: -1, messages: [{ key: 'key', value: 'value' }] })
  } finally {
    await producer.disconnect()
  }
}

/** Joins the group, reads one record of each topic and commits it. Returns the topics it has read. */
async function readAndCommit(user: string, groupId: string, wanted: readonly string[]): Promise<Set<string>> {
  const consumer = clientOf(user).consumer({ groupId, maxWaitTimeInMs: 100 })
  const read = new Set<string>()
  const stopped = Promise.withResolvers<void>()
  consumer.on('consumer.crash', ({ payload }) => stopped.reject(payload.error))
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [...wanted], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ topic, partition, message }) => {
        await consumer.commitOffsets([{ topic, partition, offset: String(Number(message.offset) + 1) }])
        read.add(topic)
        if (read.size === wanted.length) stopped.resolve()
      }
    })
    await stopped.promise
    return read
  } finally {
    await consumer.disconnect()
  }
}
