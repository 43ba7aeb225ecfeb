// Today's data is carried over: a database that the version before filled, brought to the newest migration.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asc, eq, sql } from 'drizzle-orm'
import { Client } from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import onAnyStudent from '../../functions/onAnyStudent/index.ts'
import { leaseLetters } from '../../functions/deadLetterReplay/lease-letters.ts'
import { userAppeared } from '../../functions/deadLetterReplay/user-appeared.ts'
import onStudentCreate from '../../functions/onStudentCreate/index.ts'
import onStudentUpdate from '../../functions/onStudentUpdate/index.ts'
import { deliverInOrder } from '../../functions/runtime/delivery/deliver-in-order.ts'
import { answerOnce, eventKey } from '../../functions/runtime/events/answer-once.ts'
import { connect } from '../../functions/runtime/host/database.ts'
import { handledEvents } from '../../functions/runtime/tables/deliveries.ts'
import { deadLetters } from '../../functions/runtime/tables/letters.ts'
import { replayJobs } from '../../functions/runtime/tables/replays.ts'
import { timeline, users } from '../../functions/students/tables.ts'
import { projectDirectory } from '../bundle.ts'
import { studentEvent } from '../test/student-event.ts'
import { migrate } from './migrate.ts'

const migrations = join(projectDirectory, 'infra/postgres/migrations')

test('students from before the predecessors: their next events name what came before, and what was held continues', async () => {
  const { db, url } = await databaseAt('0002_closed_letters')
  await db.execute(sql`
    insert into students (id, user_id, name, email, version) values
      ('student-1', 'user-1', 'Ada', 'ada@example.com', 3), ('student-2', 'user-2', 'Alan', 'alan@example.com', 1)`)
  const held = studentEvent({ version: 3 })
  await db.execute(sql`
    insert into held_events (function, student_id, sequence, source, event_id, attributes, data)
    values ('onAnyStudent', 'student-1', 3, ${held.source}, ${held.id}, ${JSON.stringify(held.attributes)}, ${held.data})`)
  // A fence of onStudentUpdate began at 1, because it never saw a creation.
  await db.execute(sql`
    insert into fences (function, student_id, sequence) values
      ('onAnyStudent', 'student-1', 1), ('onStudentUpdate', 'student-1', 1)`)

  await migrate(url)

  expect(await writtenByAnyWriter(4, 'student-1')).toBe(
    'school.student.v1.StudentCreated=1&school.student.v1.StudentUpdated=3'
  )
  expect(await writtenByAnyWriter(5, 'student-1')).toBe(
    'school.student.v1.StudentCreated=1&school.student.v1.StudentUpdated=4'
  )
  expect(await writtenByAnyWriter(2, 'student-2')).toBe('school.student.v1.StudentCreated=1')
  expect(await writtenByAnyWriter(1, 'student-3', 'school.student.v1.StudentCreated')).toBe('none')
  expect(await deliverInOrder(db, onAnyStudent, studentEvent({ version: 2 }))).toBe('applied')
  expect(await deliverInOrder(db, onAnyStudent, held)).toBe('already-done')
  expect(await deliverInOrder(db, onStudentUpdate, studentEvent({ version: 2 }))).toBe('applied')

  /** As createStudent and updateStudent of the version before write it: without a word of predecessors. */
  async function writtenByAnyWriter(version: number, studentId: string, type = 'school.student.v1.StudentUpdated') {
    const { rows } = await db.execute<{ predecessors: string }>(sql`
      insert into outbox (id, topic, key, type, source, subject, time, content_type, dataschema, sequence, partitionkey,
        traceparent, payload)
      values (${crypto.randomUUID()}, 'student_update', ${studentId}, ${type}, '/test', ${studentId},
        '2026-01-02T03:04:05Z', 'application/protobuf', '', ${String(version).padStart(10, '0')}, ${studentId}, '', '')
      returning predecessors`)
    return rows[0]?.predecessors
  }
})

test('letters, fences and handled events from before the core knew entities: what waits for a user is due when it appears', async () => {
  const { db, url } = await databaseAt('0002_closed_letters')
  const waiting = studentEvent({ version: 1, userId: 'user-9' })
  const done = studentEvent({ id: 'student-2', version: 1 })
  await db.execute(sql`
    insert into dead_letters (id, function, source, event_id, student_id, sequence, class, reason, detail, attempts, attributes,
      data, waits_for_user)
    values (${crypto.randomUUID()}, 'onStudentCreate', ${waiting.source}, ${waiting.id}, 'student-1', 1, 'permanent',
      'user-not-found', 'no user has the id user-9', 1, ${JSON.stringify(waiting.attributes)}, ${waiting.data}, 'user-9')`)
  await db.execute(sql`
    insert into handled_events (function, source, event_id, student_id, sequence)
    values ('onStudentCreate', ${done.source}, ${done.id}, 'student-2', 1)`)
  await db.execute(sql`insert into fences (function, student_id, sequence) values ('onStudentCreate', 'student-2', 1)`)

  await migrate(url)

  const appeared = { ...waiting, type: 'change', data: Buffer.from(JSON.stringify({ after: { id: 'user-9' } })) }
  expect(await userAppeared(db, appeared)).toBe(1)
  await db.insert(users).values({ id: 'user-9', name: 'Ada', email: 'ada@example.com' })
  expect(await deliverInOrder(db, onStudentCreate, waiting)).toBe('applied')
  expect(await db.select().from(deadLetters)).toMatchObject([{ entity: 'student-1', state: 'resolved' }])
  expect(await deliverInOrder(db, onStudentCreate, done)).toBe('already-done')
})

test('letters that were edited under an id of their own: each is one letter with its edit, and nothing is done again', async () => {
  const { db, url } = await databaseAt('0009_failures')
  await db.$client.query(await readFile(join(projectDirectory, 'infra/jobs/testing/edited-letters-0009.sql'), 'utf8'))

  await migrate(url)

  const letters = await db.select().from(deadLetters).orderBy(asc(deadLetters.id))
  const edited = (data: Buffer | null) => data && /Mended|Wrong|Ada/.exec(data.toString())?.[0]
  expect(letters.map(({ entity, eventId, state, editedData }) => [entity, eventId, state, edited(editedData)])).toEqual(
    [
      ['applied', 'event-applied-1', 'resolved', 'Mended'],
      ['refused', 'event-refused-1', 'open', 'Wrong'],
      ['held', 'event-held-2', 'open', 'Mended'],
      ['waiting', 'event-waiting-1', 'replaying', 'Mended'],
      ['chain', 'event-chain-1', 'resolved', 'Mended'],
      ['given-up', 'event-given-up-1', 'open', null],
      [null, 'command', 'resolved', 'Ada']
    ]
  )
  expect(letters[1]).toMatchObject({ detail: expect.stringContaining('do not match'), editedBecause: 'a first idea' })
  const broken = (id: string) => studentEvent({ id, version: 1 }, { data: Buffer.from([0xff]) })
  for (const id of ['applied', 'chain']) {
    expect(await deliverInOrder(db, onAnyStudent, broken(id))).toBe('already-done')
  }
  expect(await deliverInOrder(db, onAnyStudent, studentEvent({ id: 'held', version: 1 }))).toBe('applied')
  const [running] = await db.select().from(replayJobs).where(eq(replayJobs.state, 'running'))
  const [sent] = await leaseLetters(db, running?.id ?? '', 1_000)
  expect(sent).toMatchObject({ eventId: 'event-waiting-1', attributes: broken('waiting').attributes })
  const resent = { ...broken('waiting'), data: sent?.data ?? Buffer.alloc(0) }
  expect(await deliverInOrder(db, onAnyStudent, resent)).toBe('applied')
  const rows = await db.select().from(timeline).orderBy(asc(timeline.studentId), asc(timeline.sequence))
  expect(rows.map(({ eventId, name }) => `${eventId} ${name}`)).toEqual([
    'event-applied-1 Mended',
    'event-applied-2 Name 2',
    'event-chain-1 Mended',
    'event-held-1 Name 1',
    'event-held-2 Mended',
    'event-waiting-1 Mended'
  ])
  expect((await db.select().from(handledEvents)).map(({ eventId }) => eventId).toSorted()).toEqual(
    rows.map(({ eventId }) => eventId).toSorted()
  )
  const command = { function: 'createStudent', key: eventKey({ source: '/test', id: 'command' }), request: { a: 1 } }
  const again = answerOnce(db, command, () => Promise.reject(new Error('done again')))
  expect(await again).toEqual({ status: 201, body: { id: 'x' } })
})

/** A database of its own, migrated up to and with one migration. */
async function databaseAt(last: string) {
  const folder = await mkdtemp(join(tmpdir(), 'migrations-'))
  await cp(migrations, folder, { recursive: true })
  const journal = JSON.parse(await readFile(join(folder, 'meta/_journal.json'), 'utf8')) as {
    entries: { tag: string }[]
  }
  const end = journal.entries.findIndex(({ tag }) => tag === last) + 1
  await writeFile(
    join(folder, 'meta/_journal.json'),
    JSON.stringify({ ...journal, entries: journal.entries.slice(0, end) })
  )
  const template = inject('postgresTemplateUrl')
  const name = `migrate_${crypto.randomUUID().replaceAll('-', '')}`
  const admin = new Client({ connectionString: template.replace(/\/template$/, '/postgres') })
  await admin.connect()
  await admin.query(`create database ${name}`)
  const url = template.replace(/\/template$/, `/${name}`)
  await migrate(url, folder)
  const connection = connect(
    { DATABASE_URL: url, DATABASE_POOL_SIZE: 2, DATABASE_TIMEOUT_MS: 10_000 },
    'test',
    () => undefined
  )
  onTestFinished(async () => {
    await connection.close()
    await admin.query(`drop database ${name} with (force)`)
    await admin.end()
    await rm(folder, { recursive: true })
  })
  return { db: connection.db, url }
}
