// Today's data is carried over: a database that the version before filled, brought to the newest migration.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { Client } from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import onAnyStudent from '../../functions/onAnyStudent/index.ts'
import { userAppeared } from '../../functions/deadLetterReplay/user-appeared.ts'
import onStudentCreate from '../../functions/onStudentCreate/index.ts'
import onStudentUpdate from '../../functions/onStudentUpdate/index.ts'
import { deliverInOrder } from '../../functions/runtime/delivery/deliver-in-order.ts'
import { connect } from '../../functions/runtime/host/database.ts'
import { deadLetters } from '../../functions/runtime/tables.ts'
import { users } from '../../functions/students/tables.ts'
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
