// Each function does its whole work with the database role it has in production, and with no right beyond that.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eq, sql } from 'drizzle-orm'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { type Connection } from '../../functions/runtime/host/database.ts'
import { fences } from '../../functions/runtime/tables/deliveries.ts'
import { users } from '../../functions/students/tables.ts'
import { functionNames, projectDirectory } from '../bundle.ts'
import { testDatabase } from '../test/database.ts'
import { eventually, type FunctionProcess, startFunction } from '../test/function-process.ts'
import { studentEvent } from '../test/student-event.ts'
import { createRoles, roleOf } from './roles.ts'

const grantsFile = join(projectDirectory, 'infra/postgres/roles/grants.sql')

test('the functions do all they do under their own roles', async () => {
  const { db, url } = await databaseWithRoles()
  await db.insert(users).values({ id: 'user-1', name: 'Ada', email: 'ada@example.com' })
  const start = (name: string, env: Record<string, string> = {}) =>
    startFunction(name, { DATABASE_URL: as(roleOf(name), url), ...env })
  const create = await start('createStudent', { STUDENT_CREATE_TOPIC: 'student_create' })
  const update = await start('updateStudent', { STUDENT_UPDATE_TOPIC: 'student_update' })
  const onCreate = await start('onStudentCreate')
  const onUpdate = await start('onStudentUpdate')
  const onAny = await start('onAnyStudent')
  const replay = await start('deadLetterReplay', {
    FUNCTION_URLS: `onStudentCreate=${onCreate.url}`,
    REPLAY_POLL_MS: '50'
  })

  const accepted = await send(create, 'POST', '/', { userId: 'user-1', name: 'Ada', email: 'ada@example.com' })
  expect(accepted).toMatchObject({ status: 201 })
  const id: unknown = accepted.body.id
  expect(await send(update, 'PATCH', `/${id}`, { name: 'Ada King' })).toMatchObject({ status: 200 })
  expect(await send(create, 'GET', `/${id}`)).toMatchObject({ status: 200 })

  for (const [fn, version] of [
    [onAny, 2], // held
    [onAny, 1], // applied, and the held one after it
    [onAny, 1], // done already
    [onCreate, 1],
    [onUpdate, 2]
  ] as const) {
    expect(await deliver(fn, studentEvent({ version })), `version ${version} to ${fn.url}`).toBe(204)
  }

  const stranger = { id: 'student-2', userId: 'user-2' }
  for (const fn of [onCreate, onUpdate, onAny]) {
    const unreadable = studentEvent({ ...stranger, version: 2 })
    expect([204, 422]).toContain(await deliver(fn, { ...unreadable, data: Buffer.from('not protobuf') }))
  }
  expect(await deliver(onCreate, studentEvent({ ...stranger, version: 1 }))).toBe(422)
  const letter = studentEvent({ ...stranger, version: 1 })
  const fromKnative = { ...letter.attributes, function: 'onStudentCreate', knativeerrorcode: '422' }
  expect(await deliver(replay, { attributes: fromKnative, data: letter.data }, '/dead-letters')).toBe(204)
  expect(await send(replay, 'GET', '/?reason=user-not-found')).toMatchObject({ status: 200 })
  expect(await send(replay, 'POST', '/', { reason: 'user-not-found', dryRun: true })).toMatchObject({ status: 200 })

  await db.insert(users).values({ id: 'user-2', name: 'Alan', email: 'alan@example.com' })
  const change = { specversion: '1.0', id: '1', source: '/users', type: 'change', datacontenttype: 'application/json' }
  const data = Buffer.from(JSON.stringify({ after: { id: 'user-2' } }))
  expect(await deliver(replay, { attributes: change, data }, '/users')).toBe(204)
  await eventually('the letter to be replayed', async () => {
    const { rows } = await db.execute(
      sql`select from dead_letters where reason = 'user-not-found' and state = 'resolved'`
    )
    return rows.length === 1
  })
  const denied = [create, update, onCreate, onUpdate, onAny, replay].flatMap(({ lines }) =>
    lines.filter(line => line.includes('permission denied'))
  )
  expect(denied).toEqual([])
})

test('Debezium may read what it publishes and write its heartbeat, and finds its publications', async () => {
  const { url } = await databaseWithRoles()
  const client = new Client({ connectionString: as('debezium', url) })
  await client.connect()
  try {
    await client.query('select from outbox; select from users')
    await client.query(
      'delete from public.debezium_heartbeat where id = 1; insert into public.debezium_heartbeat (id, at) values (1, now())'
    )
    await expect(client.query('select from students')).rejects.toThrow('permission denied')
    const { rows } = await client.query(
      'select pubname, tablename from pg_publication_tables order by pubname, tablename'
    )
    expect(rows).toEqual([
      { pubname: 'outbox', tablename: 'debezium_heartbeat' },
      { pubname: 'outbox', tablename: 'outbox' },
      { pubname: 'users', tablename: 'debezium_heartbeat' },
      { pubname: 'users', tablename: 'users' }
    ])
  } finally {
    await client.end()
  }
})

test.each([
  ['create_student', 'update students'],
  ['create_student', 'select outbox'],
  ['update_student', 'insert students'],
  ['on_student_create', 'insert students'],
  ['on_student_create', 'insert timeline'],
  ['on_student_update', 'insert users'],
  ['on_any_student', 'select directory'],
  ['on_any_student', 'delete handled_events'],
  ['dead_letter_replay', 'insert outbox'],
  ['dead_letter_replay', 'delete dead_letters']
])('%s may not %s', async (role, right) => {
  const { db } = await databaseWithRoles()
  const [privilege, table] = right.split(' ')
  const { rows } = await db.execute(sql`select has_table_privilege(${role}, ${table}, ${privilege}) as allowed`)
  expect(rows).toEqual([{ allowed: false }])
})

test('a right that is no longer declared is revoked, also of a function that is no more', async () => {
  const { db, pool } = await databaseWithRoles()
  await pool.query(`do $$ begin create role "formerFunction"; exception when duplicate_object then null; end $$`)
  await pool.query('grant delete on students to on_any_student; grant select on users to "formerFunction"')
  await db.execute(sql.raw(await readFile(grantsFile, 'utf8')))
  const { rows } = await db.execute(sql`
    select has_table_privilege('on_any_student', 'students', 'delete') as deletes,
      has_table_privilege('formerFunction', 'users', 'select') as reads,
      has_table_privilege('on_any_student', 'timeline', 'insert') as inserts,
      has_table_privilege('debezium', 'outbox', 'select') as publishes`)
  expect(rows).toEqual([{ deletes: false, reads: false, inserts: true, publishes: true }])
})

const sharedTables = ['fences', 'held_events', 'handled_events', 'failures', 'dead_letters', 'command_answers']

test('of a table that functions share, a function sees and writes its own rows, and no other does', async () => {
  const database = await databaseWithRoles()
  const { db, url } = database
  await db
    .insert(fences)
    .values(['onStudentCreate', 'onAnyStudent'].map(name => ({ function: name, entity: 'student-1', sequence: 1 })))
  await asRole('on_any_student', url, async client => {
    expect((await client.query('select function from fences')).rows).toEqual([{ function: 'onAnyStudent' }])
    expect((await client.query('update fences set sequence = 9')).rowCount).toBe(1)
    for (const statement of [
      `insert into fences (function, entity, sequence) values ('onStudentCreate', 'student-2', 1)`,
      `insert into fences (function, entity, sequence) values ('onStudentCreate', 'student-1', 1)
         on conflict (function, entity) do update set sequence = 9`,
      `update fences set function = 'onStudentUpdate'`
    ]) {
      await expect(client.query(statement), statement).rejects.toThrow('row-level security')
    }
  })
  await asRole('dead_letter_replay', url, async client => {
    expect((await client.query('select from fences')).rowCount).toBe(2)
  })
  // As the audit does (infra/proof/audit/README.md).
  await database.pool.query(`
    do $$ begin create role auditor login password 'test' in role pg_read_all_data; exception when duplicate_object then null; end $$`)
  await asRole('auditor', url, async client => {
    for (const table of sharedTables) await client.query(`select from ${table}`)
    expect((await client.query('select from fences')).rowCount).toBe(2)
    await expect(client.query('update fences set sequence = 9')).rejects.toThrow('permission denied')
  })
  expect(
    await db.select({ sequence: fences.sequence }).from(fences).where(eq(fences.function, 'onStudentCreate'))
  ).toEqual([{ sequence: 1 }])
})

test('every table with a function in its key holds its rows apart, and every role that may use it is limited to its own', async () => {
  const { db } = await databaseWithRoles()
  const { rows: keyed } = await db.execute(sql`
    select c.relname as name, c.relrowsecurity as apart from pg_index i
    join pg_class c on c.oid = i.indrelid
    join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey)
    where i.indisunique and a.attname = 'function' and c.relnamespace = 'public'::regnamespace
    group by c.relname, c.relrowsecurity order by c.relname`)
  expect(keyed).toEqual(sharedTables.toSorted().map(name => ({ name, apart: true })))
  const { rows: untold } = await db.execute(sql`
    select distinct g.table_name, g.grantee from information_schema.role_table_grants g
    join pg_class c on c.relname = g.table_name and c.relnamespace = 'public'::regnamespace
    where g.table_schema = 'public' and c.relrowsecurity and g.grantee::regrole <> c.relowner
      and not exists (select from pg_policies p where p.tablename = g.table_name and g.grantee = any (p.roles))`)
  expect(untold).toEqual([])
  const { rows: policies } = await db.execute(
    sql`select roles[1] as role, tablename as table, qual from pg_policies where qual <> 'true' order by 1, 2`
  )
  for (const { role, table, qual } of policies) {
    const own = (await functionNames()).find(name => roleOf(name) === role)
    expect(qual, `${role} on ${table}`).toBe(`(function = '${own}'::text)`)
  }
})

/** A migrated database after infra/postgres/roles/grants.sql; the roles belong to the whole server and are made once. */
async function databaseWithRoles(): Promise<Connection & { readonly url: string }> {
  const database = await testDatabase()
  await createRoles(database.pool)
  const grants = await readFile(grantsFile, 'utf8')
  await database.db.execute(sql.raw(grants))
  await database.db.execute(sql.raw(grants)) // safe to run again
  return database
}

async function asRole(role: string, url: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: as(role, url) })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

function as(role: string, url: string): string {
  const changed = new URL(url)
  changed.username = role
  changed.password = 'test'
  return changed.href
}

async function send(fn: FunctionProcess, method: string, path: string, body?: object) {
  const response = await fetch(`${fn.url}${path}`, {
    method,
    ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {})
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

async function deliver(
  fn: FunctionProcess,
  event: { readonly attributes: object; readonly data: Buffer },
  path = '/'
): Promise<number> {
  const response = await fetch(`${fn.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json' },
    body: JSON.stringify({ ...event.attributes, data_base64: event.data.toString('base64') })
  })
  await response.arrayBuffer()
  return response.status
}
