// The checker is checked with the real parts: a broker, PostgreSQL, the data plane and a function's bundle, each in a process of
// its own. The same story is played with a guard taken out, when the audit and the invariants must name what that did, and as
// everything is, when they must find nothing.
import { sql } from 'drizzle-orm'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { timeline } from '../../../functions/students/tables.ts'
import { checkInvariants } from '../chaos/invariants.ts'
import { startTestKafka, type TestKafka, until } from '../../knative-local/testing.ts'
import { startFunction } from '../../test/function-process.ts'
import { createType, openBroker } from './testing/broker.ts'
import { openSchool, type School } from './testing/school.ts'
import { buildDataPlane, commitBeforeHandling, type Sabotage, withoutFence, withoutInbox } from './testing/sabotage.ts'
import { allCommitted, functionUrl, startDelivering } from './testing/source-deliveries.ts'
import { startTrigger, triggerCommitted } from './testing/trigger-deliveries.ts'
import { silentFunction } from './testing/silent-function.ts'
import { waitMs } from './testing/wait.ts'

const mark = 'example.com'
const timeout = 240_000

let kafka: TestKafka
beforeAll(async () => {
  kafka = await startTestKafka(1)
}, 120_000)
afterAll(() => kafka?.stop())

describe('changes that come before the one that they follow', () => {
  test('are applied out of order without the fence, and that is named', { timeout }, async () => {
    const { findings, violated, student } = await aheadOfTurn(withoutFence)
    expect(findings).toContainEqual(
      expect.objectContaining({ kind: 'out-of-order', student, function: 'onAnyStudent' })
    )
    expect(violated).toContain('nothing is applied out of order')
  })

  test('wait for it otherwise, and nothing is found', { timeout }, async () => {
    expect(await aheadOfTurn()).toMatchObject({ findings: [], violated: [], applied: [1, 2, 3] })
  })
})

describe('an event that is in Kafka twice', () => {
  test('is applied twice without the handled events, and that is named', { timeout }, async () => {
    const { findings, violated, student } = await sentTwice(withoutInbox)
    expect(findings).toContainEqual(expect.objectContaining({ kind: 'effect-twice', student, sequence: 2 }))
    expect(violated).toContain('nothing is applied twice')
  })

  test('is applied once otherwise, and nothing is found', { timeout }, async () => {
    expect(await sentTwice()).toMatchObject({ findings: [], violated: [], applied: [1, 2] })
  })
})

describe('a data plane that is killed while it delivers', () => {
  test('loses the event when it commits before handling, which is named with its offset', { timeout }, async () => {
    const { findings, violated, student, record } = await killedWhileDelivering(commitBeforeHandling)
    expect(findings).toMatchObject([{ kind: 'lost', function: 'onAnyStudent', student, sequence: 1, ...record }])
    expect(findings[0]?.readAgain).toBe(`npm run local -- record ${record.topic}/${record.partition}/${record.offset}`)
    expect(violated).toContain('nothing is lost')
  })

  test('delivers it again when it commits after, and nothing is found', { timeout }, async () => {
    expect(await killedWhileDelivering()).toMatchObject({ findings: [], violated: [], applied: [1] })
  })
})

describe('a data plane that is killed while it delivers a command of the Broker', () => {
  test('loses it when it commits before handling: 202, and then a name and a place', { timeout }, async () => {
    const { findings, record } = await killedWithCommand(commitBeforeHandling)
    expect(findings).toMatchObject([{ kind: 'lost', function: 'createStudent', id: 'a-command', ...record }])
  })

  test('delivers it again when it commits after: it is answered, and nothing is found', { timeout }, async () => {
    expect(await killedWithCommand()).toMatchObject({ findings: [], answered: 1 })
  })
})

/** The changes of one student, and the create only when both have been through the function. */
async function aheadOfTurn(sabotage?: Sabotage) {
  const school = await openSchool(kafka)
  const student = await school.enrol(2)
  const [create, ...changes] = await school.outboxRows()
  const url = await functionUrl(school, sabotage)
  await startDelivering(kafka, school, url)
  await school.publish(changes)
  await allCommitted(kafka, school)
  await school.publish(create ? [create] : [])
  await allCommitted(kafka, school)
  return outcome(school, student, 3)
}

async function sentTwice(sabotage?: Sabotage) {
  const school = await openSchool(kafka)
  const student = await school.enrol(1)
  if (sabotage !== undefined) await dropKeys(school)
  const url = await functionUrl(school, sabotage)
  await startDelivering(kafka, school, url)
  const rows = await school.outboxRows()
  const update = rows.filter(({ topic }) => topic === school.updateTopic)
  for (const published of [rows, update]) {
    await school.publish(published)
    await allCommitted(kafka, school)
  }
  return outcome(school, student, 2)
}

/** The first data plane has the delivery under way, to a function that does not answer, when it is killed; another takes over. */
async function killedWhileDelivering(sabotage?: Sabotage) {
  const school = await openSchool(kafka)
  const student = await school.enrol()
  const entry = sabotage && (await buildDataPlane(sabotage))
  const silent = await silentFunction()
  const first = await startDelivering(kafka, school, silent.url, entry)
  const [published] = await school.publish(await school.outboxRows())
  await until('the delivery', waitMs, async () => silent.requests() > 0)
  // A commit that comes too soon must have come before the kill; one that is right waits for an answer that never comes.
  if (sabotage !== undefined) await allCommitted(kafka, school)
  await first.kill()
  await startDelivering(kafka, school, await functionUrl(school))
  await allCommitted(kafka, school)
  const record = { topic: school.createTopic, partition: published?.partition, offset: published?.offset }
  return { ...(await outcome(school, student, 1)), record }
}

async function killedWithCommand(sabotage?: Sabotage) {
  const broker = await openBroker(kafka)
  const entry = sabotage && (await buildDataPlane(sabotage))
  const silent = await silentFunction()
  const first = await startTrigger(kafka, broker, silent.url, entry)
  const { ingressUrl } = await first.status()
  const accepted = await fetch(`${ingressUrl}/students/default`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': 'a-command',
      'ce-source': '/a-test',
      'ce-type': createType
    },
    body: JSON.stringify({ userId: 'user-1', name: 'Ada', email: `ada@${mark}` })
  })
  expect(accepted.status).toBe(202)
  await until('the delivery', waitMs, async () => silent.requests() > 0)
  if (sabotage !== undefined) await triggerCommitted(kafka, broker)
  await first.kill()
  const env = { DATABASE_URL: broker.databaseUrl, STUDENT_CREATE_TOPIC: broker.createTopic }
  await startTrigger(kafka, broker, (await startFunction('createStudent', env)).url)
  await triggerCommitted(kafka, broker)
  const { findings, commands } = await broker.audit()
  const written = commands.find(({ trigger, lost, answered }) => trigger === 'create-student' && lost + answered > 0)
  const answered = commands.reduce((sum, row) => sum + row.answered, 0)
  return {
    findings: findings.filter(({ topic }) => topic === broker.topic),
    answered,
    record: { topic: broker.topic, partition: written?.partition, offset: 0 }
  }
}

async function outcome(school: School, student: string, version: number) {
  const audit = await school.audit()
  const client = new Client({ connectionString: school.databaseUrl })
  await client.connect()
  try {
    const accepted = new Map([[student, { email: `ada@${mark}`, version }]])
    const invariants = await checkInvariants(client, { accepted }, mark, audit)
    const rows = await school.db.select({ sequence: timeline.sequence }).from(timeline).orderBy(timeline.sequence)
    return {
      student,
      findings: audit.findings,
      violated: invariants.flatMap(({ name, holds }) => (holds ? [] : [name])),
      applied: rows.map(({ sequence }) => sequence)
    }
  } finally {
    await client.end()
  }
}

/** The primary key of handled_events: without it PostgreSQL itself refuses the second row. */
async function dropKeys({ db }: School): Promise<void> {
  await db.execute(sql`alter table handled_events drop constraint handled_events_function_source_event_id_pk`)
  await db.execute(sql`alter table timeline drop constraint timeline_student_id_sequence_pk`)
}
