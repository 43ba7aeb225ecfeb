// The users of production on a real broker with its authorizer: each can do its component's work, and not another's.
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  type Admin,
  type ITopicConfig,
  Kafka,
  logLevel,
  ResourcePatternTypes
} from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fetchJars } from '../local/resources/jars.ts'
import { findJava } from '../local/resources/java.ts'
import { createBroker, type KafkaBroker } from '../local/resources/kafka.ts'
import { openProcesses, type Processes } from '../local/resources/processes.ts'
import { until } from '../local/resources/until.ts'
import {
  KafkaSink,
  kafkaSink,
  KafkaSource,
  kafkaSource,
  KafkaTopic,
  kafkaTopic,
  KafkaUser,
  kafkaUser
} from './kinds.ts'
import { objectsOf } from './render.ts'

const users = objectsOf('production', kafkaUser, KafkaUser)
const sources = objectsOf('production', kafkaSource, KafkaSource)
const sinks = objectsOf('production', kafkaSink, KafkaSink)
const topics = objectsOf('production', kafkaTopic, KafkaTopic).map(({ spec }) => spec.topicName)
const brokerTopic = 'knative-broker-students-default'
const password = 'test'
/** A group that one may not describe has no coordinator, as far as kafkajs tells. */
const groupRefused = 'Failed to find group coordinator'

let state: string
let processes: Processes
let broker: KafkaBroker
let admin: Admin

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'acl-test-'))
  processes = openProcesses(state)
  const [port, controllerPort] = [await freePort(), await freePort()]
  const ports = { id: 1, port, controllerPort }
  const java = await findJava()
  const jars = await fetchJars(java, () => undefined)
  broker = await createBroker(java, jars, processes, ports, {
    directory: state,
    brokers: [ports],
    config: authorizing(['admin', ...users.map(({ metadata }) => metadata.name)]),
    report: () => undefined,
    pidChanged: () => undefined
  })
  await broker.start()
  await broker.answers()
  admin = clientOf('admin').admin()
  await until('the broker to let its admin in', 60_000, async () => {
    await admin.connect()
    return (await admin.describeCluster()).brokers.length === 1
  })
  await admin.createTopics({ topics: topics.map(topic => ({ topic, numPartitions: 1 })), waitForLeaders: true })
  await admin.createAcls({ acl: users.flatMap(aclsOf) })
}, 120_000)

afterAll(async () => {
  await admin?.disconnect()
  await broker?.stop()
  processes?.killAll()
  processes?.close()
  await rm(state, { recursive: true, force: true, maxRetries: 5 })
})

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
  const configEntries = [{ name: 'min.insync.replicas', value: '1' }]
  await own.createTopics({ topics: [{ topic: brokerTopic, numPartitions: 1, configEntries }], waitForLeaders: true })
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

/** One broker that asks everybody for a name and a password. The controller's own listener stays open, and is a superuser's. */
function authorizing(names: readonly string[]): Record<string, string> {
  const passwords = names.map(name => `user_${name}="${password}"`).join(' ')
  return {
    'listener.security.protocol.map': 'PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'sasl.enabled.mechanisms': 'PLAIN',
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    'listener.name.plaintext.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required username="admin" password="${password}" ${passwords};`,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:admin;User:ANONYMOUS',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'auto.create.topics.enable': 'false'
  }
}

function clientOf(username: string): Kafka {
  return new Kafka({
    clientId: username,
    brokers: [`127.0.0.1:${broker.port}`],
    sasl: { mechanism: 'plain', username, password },
    ssl: false,
    retry: { retries: 5, initialRetryTime: 100 },
    logLevel: logLevel.NOTHING
  })
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
  const consumer = clientOf(user).consumer({ groupId, retry: { retries: 0 }, maxWaitTimeInMs: 100 })
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

/** A KafkaUser's ACLs as Strimzi's user operator would set them. */
function aclsOf({ metadata, spec }: (typeof users)[number]) {
  const resourceTypes: Record<string, AclResourceTypes> = {
    topic: AclResourceTypes.TOPIC,
    group: AclResourceTypes.GROUP
  }
  const operationTypes: Record<string, AclOperationTypes> = {
    Read: AclOperationTypes.READ,
    Write: AclOperationTypes.WRITE,
    Create: AclOperationTypes.CREATE,
    Delete: AclOperationTypes.DELETE,
    Describe: AclOperationTypes.DESCRIBE,
    DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS
  }
  return spec.authorization.acls.flatMap(({ resource, operations }) =>
    operations.map(operation => ({
      principal: `User:${metadata.name}`,
      host: '*',
      permissionType: AclPermissionTypes.ALLOW,
      resourceType: known(resourceTypes, resource.type),
      resourceName: resource.name,
      resourcePatternType:
        resource.patternType === 'prefix' ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
      operation: known(operationTypes, operation)
    }))
  )
}

function known<Value>(values: Readonly<Record<string, Value>>, name: string): Value {
  const value = values[name]
  if (value === undefined) throw new Error(`this test does not know ${name}`)
  return value
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
