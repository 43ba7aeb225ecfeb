// Debezium as production has it: the Kafka user `connect`, the database role `debezium`, publications it does not own.
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { IHeaders } from 'kafkajs'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { projectDirectory } from '../bundle.ts'
import { migrate } from '../jobs/migrate.ts'
import { createConnect, createSecrets, createPostgres, superuser } from '../knative-local/single-parts.ts'
import { freePort, password, type SecuredKafka } from '../knative-local/testing.ts'
import { startAuthorizingBroker } from './authorizing-broker.ts'
import { KafkaConnector, kafkaConnector } from './kinds.ts'
import { objectsOf } from './render.ts'
import { createRoles } from './roles.ts'

const connectors = objectsOf('production', kafkaConnector, KafkaConnector)
const unreported = { report: () => undefined, pidChanged: () => undefined }

let broker: SecuredKafka
let postgres: ReturnType<typeof createPostgres>
let connect: Awaited<ReturnType<typeof createConnect>>

beforeAll(async () => {
  broker = await startAuthorizingBroker()
  const { java, jars, processes, directory, listeners } = broker
  postgres = createPostgres(processes, {
    directory: join(directory, 'postgres'),
    port: await freePort(),
    databases: [{ name: 'students', owner: superuser }],
    ...unreported
  })
  await postgres.start()
  await postgres.answers()
  await migrate(postgres.url('students'))
  await inDatabase(async client => {
    await createRoles(client)
    await client.query('alter role debezium replication')
    await client.query(await readFile(join(projectDirectory, 'infra/postgres/roles/grants.sql'), 'utf8'))
  })
  connect = await createConnect(java, jars, processes, {
    directory: join(directory, 'connect'),
    port: await freePort(),
    bootstrap: [listeners.plain],
    config: workerConfig(),
    localise: config => ({ ...config, ...database() }),
    secrets: () => createSecrets([], new Map([['students-db-debezium', debeziumUrl()]])),
    ...unreported
  })
  await connect.start()
  await connect.answers()
  await connect.apply(
    connectors.map(({ metadata, spec }) => ({
      namespace: 'students',
      name: metadata.name,
      className: 'io.debezium.connector.postgresql.PostgresConnector',
      tasksMax: spec.tasksMax,
      config: Object.fromEntries(Object.entries(spec.config).map(([key, value]) => [key, String(value)])),
      state: 'running',
      origin: { file: 'infra/debezium', line: 1 }
    }))
  )
}, 180_000)

afterAll(async () => {
  await connect?.stop()
  await postgres?.stop()
  await broker?.stop()
}, 60_000)

test('an outbox row becomes a CloudEvent in binary mode, its bytes as they are, and nothing else is on the record', async () => {
  const id = randomUUID()
  await inDatabase(client =>
    client.query(
      `insert into outbox (id, topic, key, type, source, subject, time, content_type, dataschema, sequence, partitionkey, traceparent, payload)
       values ($1, 'student_create', 'student-1', 'school.student.v1.StudentCreated', '/test', 'student-1', '2026-01-02T03:04:05Z',
         'application/protobuf', 'http://registry.example.com/1', '0000000001', 'student-1', $2, '\\x00ff10')`,
      [id, traceparent]
    )
  )
  const record = await firstRecord('student_create')
  expect(record.key).toBe('student-1')
  expect(record.value).toEqual(Buffer.from([0x00, 0xff, 0x10]))
  expect(record.headers).toEqual({
    ce_specversion: '1.0',
    ce_id: id,
    ce_type: 'school.student.v1.StudentCreated',
    ce_source: '/test',
    ce_subject: 'student-1',
    ce_time: '2026-01-02T03:04:05Z',
    ce_dataschema: 'http://registry.example.com/1',
    ce_sequence: '0000000001',
    ce_partitionkey: 'student-1',
    ce_kafkatopic: 'student_create',
    ce_predecessors: 'none',
    ce_traceparent: traceparent,
    traceparent,
    'content-type': 'application/protobuf'
  })
}, 60_000)

test('a changed user becomes a structured CloudEvent with the row before and after', async () => {
  await inDatabase(async client => {
    await client.query(`insert into users (id, name, email) values ('user-9', 'Ada', 'ada@example.com')`)
    await client.query(`update users set name = 'Ada King' where id = 'user-9'`)
  })
  const record = await firstRecord('db.public.users', 1)
  expect(record.headers['content-type']).toBe('application/cloudevents+json; charset=UTF-8')
  expect(JSON.parse(record.value.toString())).toMatchObject({
    specversion: '1.0',
    data: { before: { id: 'user-9', name: 'Ada' }, after: { id: 'user-9', name: 'Ada King' } }
  })
}, 60_000)

test('heartbeats reach their topics, so a quiet slot is confirmed', async () => {
  expect(await firstRecord('debezium-heartbeat.outbox')).toMatchObject({ headers: {} })
  expect(await firstRecord('debezium-heartbeat.db')).toMatchObject({ headers: {} })
}, 60_000)

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

interface ReadRecord {
  readonly key: string | undefined
  readonly value: Buffer
  readonly headers: Record<string, string>
}

async function firstRecord(topic: string, offset = 0): Promise<ReadRecord> {
  const consumer = broker.kafka.consumer({ groupId: `test-${randomUUID()}`, maxWaitTimeInMs: 100 })
  const found = Promise.withResolvers<ReadRecord>()
  consumer.on('consumer.crash', ({ payload }) => found.reject(payload.error))
  try {
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ message }) => {
        if (Number(message.offset) < offset) return
        const value = message.value ?? Buffer.alloc(0)
        found.resolve({ key: message.key?.toString(), value, headers: asText(message.headers ?? {}) })
      }
    })
    return await found.promise
  } finally {
    await consumer.disconnect()
  }
}

function asText(headers: IHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}

/** The database of this test in place of the cluster's, and no TLS, which it does not have. */
function database(): Record<string, string> {
  const url = new URL(postgres.url('students'))
  return {
    'database.hostname': url.hostname,
    'database.port': url.port,
    'database.dbname': 'students',
    'database.sslmode': 'disable',
    'heartbeat.interval.ms': '500'
  }
}

function debeziumUrl(): string {
  const url = new URL(postgres.url('students'))
  return Object.assign(url, { username: 'debezium', password: 'test' }).href
}

/** What infra/kafka/connect.yaml says, for one broker, with the credentials where Strimzi writes them. */
function workerConfig(): Record<string, string> {
  const credentials = {
    'security.protocol': 'SASL_PLAINTEXT',
    'sasl.mechanism': 'PLAIN',
    'sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required username="connect" password="${password}";`
  }
  const everywhere = ['', 'admin.', 'producer.', 'consumer.'].flatMap(prefix =>
    Object.entries(credentials).map(([key, value]) => [`${prefix}${key}`, value])
  )
  const text = 'org.apache.kafka.connect.storage.StringConverter'
  return {
    ...Object.fromEntries(everywhere),
    'group.id': 'students-connect',
    'config.storage.topic': 'students-connect-configs',
    'offset.storage.topic': 'students-connect-offsets',
    'status.storage.topic': 'students-connect-status',
    'config.storage.replication.factor': '1',
    'offset.storage.replication.factor': '1',
    'status.storage.replication.factor': '1',
    'connector.client.config.override.policy': 'All',
    'key.converter': text,
    'value.converter': text,
    'header.converter': text,
    'config.providers': 'secrets',
    'config.providers.secrets.class': 'io.strimzi.kafka.KubernetesSecretConfigProvider'
  }
}

async function inDatabase<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: postgres.url('students') })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
