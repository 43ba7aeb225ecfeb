import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { eventKey } from '../../functions/runtime/events/answer-once.ts'
import { startTestKafka, type TestKafka } from '../knative-local/testing.ts'
import { eventually } from '../test/function-process.ts'
import { untilBlocked } from '../test/until-blocked.ts'
import { RetentionTooShort } from './prune.ts'
import { addClosedLetter, addHandledEvent, addOutboxRow } from './testing/old-rows.ts'
import { openPrunedDatabase } from './testing/pruned-database.ts'
import { endedJob } from './testing/ended-job.ts'

const dayMs = 24 * 60 * 60 * 1000

let kafka: TestKafka
beforeAll(async () => {
  kafka = await startTestKafka(1)
  const topic = (name: string, keptDays: number) => ({
    topic: name,
    numPartitions: 1,
    configEntries: [
      { name: 'retention.ms', value: String(keptDays < 0 ? -1 : keptDays * dayMs) },
      { name: 'segment.ms', value: String(dayMs) }
    ]
  })
  await kafka.admin.createTopics({
    topics: [topic('events', 7), topic('commands', 7), topic('letters', 30), topic('for-ever', -1)],
    waitForLeaders: true
  })
}, 120_000)
afterAll(() => kafka?.stop())

const start = () => openPrunedDatabase(kafka)

test('what is older than its retention goes, and the rest stays', async () => {
  const { db, run, confirmAll } = await start()
  for (const age of [7, 9, 59, 61]) {
    await addOutboxRow(db, 'student', age)
    await db.execute(sql`
      insert into handled_events (function, source, event_id, entity, sequence, handled_at)
      values ('f', 's', ${`event-${age}`}, 'student', 1, now() - make_interval(days => ${age}))`)
  }
  await confirmAll()
  expect(await run()).toMatchObject({ removed: { outbox: 3, handled_events: 1 }, notes: [] })
  expect(await run()).toMatchObject({ removed: { outbox: 0, handled_events: 0 } })
})

test('an outbox row stays until the replication slot is past it, however old it is', async () => {
  const { db, run, confirmAll } = await start()
  await addOutboxRow(db, 'student', 100)
  expect(await run()).toMatchObject({ removed: { outbox: 0 }, notes: [] })
  await confirmAll()
  expect(await run()).toMatchObject({ removed: { outbox: 1 } })
})

test('without its slot the outbox is kept whole, because the connector will publish what is left in it', async () => {
  const { db, run } = await start()
  await addOutboxRow(db, 'student', 100)
  const { removed, notes } = await run({ OUTBOX_SLOT: 'nobody' })
  expect(removed).toMatchObject({ outbox: 0 })
  expect(notes).toEqual(['kept whole: outbox, handled_events, dead_letters; the replication slot nobody is not there'])
})

test('a slot that nobody reads proves nothing: it may be new, and the snapshot that publishes what is older still under way', async () => {
  const { db, run, confirmAll, reader } = await start()
  await addOutboxRow(db, 'student', 100)
  await addHandledEvent(db, 'student', 100)
  await addClosedLetter(db, 'student', 100)
  await confirmAll()
  await reader.stop()
  const { removed, notes } = await run()
  expect(removed).toMatchObject({ outbox: 0, handled_events: 0, dead_letters: 0 })
  expect(notes).toEqual([expect.stringMatching(/^kept whole: .* the replication slot outbox_\w+ has no reader$/)])
  await reader.start()
  expect(await run()).toMatchObject({ removed: { outbox: 1, handled_events: 1, dead_letters: 1 }, notes: [] })
})

test('a slot that is still being made proves nothing either', async () => {
  const { db, run } = await start()
  await addOutboxRow(db, 'student', 100)
  const slot = `outbox_${randomBytes(4).toString('hex')}`
  onTestFinished(async () => void (await db.execute(sql`select pg_drop_replication_slot(${slot})`)))
  let made: Promise<unknown> | undefined
  await db.transaction(async tx => {
    await tx.execute(sql`select pg_current_xact_id()`) // a slot is made once the transactions open before it have ended
    made = db.execute(sql`select pg_create_logical_replication_slot(${slot}, 'pgoutput')`).execute()
    await eventually('the slot to be in the making', async () => {
      const { rows } = await db.execute(sql`
        select from pg_replication_slots where slot_name = ${slot} and active and catalog_xmin is not null`)
      return rows.length === 1
    })
    const { removed, notes } = await run({ OUTBOX_SLOT: slot })
    expect(removed).toMatchObject({ outbox: 0 })
    expect(notes).toEqual([expect.stringContaining(`the replication slot ${slot} is still being made`)])
  })
  await made
})

test('the outbox rows of a student whose events are held stay, because one may be what they wait for, and so does what shows a duplicate', async () => {
  const { db, run, confirmAll } = await start()
  for (const student of ['waits', 'goes-on']) {
    await addOutboxRow(db, student, 100)
    await addHandledEvent(db, student, 100)
    await addClosedLetter(db, student, 100)
  }
  await db.execute(sql`
    insert into held_events (function, entity, sequence, source, event_id, attributes, data)
    values ('f', 'waits', 3, 's', 'third', '{}', '')`)
  await confirmAll()
  expect(await run()).toMatchObject({ removed: { outbox: 1, handled_events: 1, dead_letters: 1 } })
  expect((await db.execute(sql`select subject from outbox`)).rows).toEqual([{ subject: 'waits' }])
  expect((await db.execute(sql`select entity from handled_events`)).rows).toEqual([{ entity: 'waits' }])
  expect((await db.execute(sql`select entity from dead_letters`)).rows).toEqual([{ entity: 'waits' }])
})

test('the answer to a command stays while a letter of that command can still be replayed', async () => {
  const { db, run } = await start()
  for (const state of ['open', 'replaying', 'resolved', 'discarded']) {
    const event = { source: '/school', id: state }
    await db.execute(sql`
      insert into dead_letters (id, function, source, event_id, class, reason, detail, state, attributes, data, closed_at)
      values (gen_random_uuid(), 'createStudent', ${event.source}, ${event.id}, 'exhausted', 'r', 'd', ${state}, '{}', '',
        case when ${state} in ('resolved', 'discarded') then now() end)`)
    for (const name of ['createStudent', 'updateStudent']) {
      await db.execute(sql`
        insert into command_answers (function, key, request_digest, status, body, created_at)
        values (${name}, ${eventKey(event)}, 'd', 200, '{}', now() - interval '100 days')`)
    }
  }
  expect(await run()).toMatchObject({ removed: { command_answers: 6 } })
  expect((await db.execute(sql`select function, key from command_answers order by key`)).rows).toEqual([
    { function: 'createStudent', key: 'event:/school open' },
    { function: 'createStudent', key: 'event:/school replaying' }
  ])
})

test('an open letter stays, however old, with its history and what was handled in its place; a closed one goes with its part in replays', async () => {
  const { db, run } = await start()
  for (const [n, state] of ['open', 'resolved'].entries()) {
    const closed = sql`case when ${state} = 'resolved' then now() - interval '91 days' end`
    await db.execute(sql`
      with letter as (
        insert into dead_letters (id, function, source, event_id, entity, sequence, class, reason, detail, state, attributes, data, first_failed_at, closed_at)
        values (gen_random_uuid(), 'f', 's', ${state}, ${state}, ${n}, 'permanent', 'r', 'd', ${state}, '{}', '', now() - interval '400 days', ${closed})
        returning id
      ), job as (
        insert into replay_jobs (id, name, command, concurrency, state, finished_at)
        values (gen_random_uuid(), ${state}, '{}', 1, 'done', now() - interval '91 days') returning id
      ), handled as (
        insert into handled_events (function, source, event_id, entity, sequence, handled_at)
        values ('f', 's', ${`other-${n}`}, ${state}, ${n}, now() - interval '91 days')
      )
      insert into replay_items (job_id, letter_id, position, state)
      select job.id, letter.id, 1, 'failed' from job, letter`)
  }
  expect(await run()).toMatchObject({ removed: { dead_letters: 1, replay_jobs: 1, handled_events: 1 } })
  expect((await db.execute(sql`select state from dead_letters`)).rows).toEqual([{ state: 'open' }])
  expect((await db.execute(sql`select name from replay_jobs`)).rows).toEqual([{ name: 'open' }])
  expect((await db.execute(sql`select from replay_items`)).rows).toHaveLength(1)
})

test('what failed deliveries recorded goes when it is old, unless a letter shows it', async () => {
  const { db, run } = await start()
  for (const id of ['succeeded', 'letter']) {
    await db.execute(sql`
      insert into failures (function, source, event_id, type, errors, stack, last_failed_at)
      values ('f', 's', ${id}, 't', '[]', '', now() - interval '100 days')`)
  }
  await db.execute(sql`
    insert into dead_letters (id, function, source, event_id, class, reason, detail, attributes, data)
    values (gen_random_uuid(), 'f', 's', 'letter', 'permanent', 'r', 'd', '{"id": "letter"}', '')`)
  expect(await run()).toMatchObject({ removed: { failures: 1 } })
  expect((await db.execute(sql`select event_id from failures`)).rows).toEqual([{ event_id: 'letter' }])
})

test('a letter that was discarded before its turn stays until the fence has moved over it', async () => {
  const { db, run } = await start()
  await db.execute(sql`insert into fences (function, entity, sequence) values ('f', 'student', 3)`)
  for (const sequence of [3, 5]) {
    await db.execute(sql`
      insert into dead_letters (id, function, source, event_id, entity, sequence, class, reason, detail, state, attributes, data, closed_at)
      values (gen_random_uuid(), 'f', 's', ${`event-${sequence}`}, 'student', ${sequence}, 'permanent', 'r', 'd', 'discarded', '{}', '', now() - interval '91 days')`)
  }
  expect(await run()).toMatchObject({ removed: { dead_letters: 1 } })
  expect((await db.execute(sql`select sequence from dead_letters`)).rows).toEqual([{ sequence: 5 }])
})

test('a setting that is shorter than what Kafka keeps is refused, each by name, before anything is removed', async () => {
  const { db, run } = await start()
  await db.execute(sql`
    insert into command_answers (function, key, request_digest, status, body, created_at)
    values ('f', 'k', 'd', 200, '{}', now() - interval '1000 days')`)
  const refused = await run({ OUTBOX_DAYS: 8, INBOX_DAYS: 48 }).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(RetentionTooShort)
  expect(String(refused)).toContain(
    'OUTBOX_DAYS=8 is too short: an event can come again from what is kept: events 8 days. Set it to 9 or more.'
  )
  expect(String(refused)).toContain(
    'INBOX_DAYS=48 is too short: an event can come again from what is kept: the outbox 9 days, then events 8 days, then letters 31 days. Set it to 49 or more.'
  )
  expect((await db.execute(sql`select from command_answers`)).rows).toHaveLength(1)
  expect(await run({ INBOX_DAYS: 50 })).toMatchObject({ removed: { command_answers: 1 } })
})

test('as a job it ends with 78 when Kafka keeps a topic for ever, and with 1 when a topic is not there', async () => {
  const { env } = await start()
  const ended = (changes: Record<string, string>) => endedJob({ ...env, ...changes })
  const forEver = await ended({ DEAD_LETTER_TOPICS: 'letters,for-ever' })
  expect(forEver).toMatchObject({ code: 78, stdout: '' })
  expect(forEver.stderr).toContain('then for-ever for ever. Give for-ever a retention.ms.')
  expect(await ended({ OUTBOX_TOPICS: 'nowhere' })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('nowhere')
  })
  expect(await ended({ OUTBOX_SLOT: '' })).toMatchObject({ code: 78, stderr: expect.stringContaining('OUTBOX_SLOT') })
  expect(JSON.parse((await ended({})).stdout)).toMatchObject({ removed: { outbox: 0 } })
})

test('a database that is killed fails the job with its reason, in a line', async () => {
  const { db, env, url } = await start()
  const { hostname, port } = new URL(url)
  const sockets: Socket[] = []
  const proxy = createServer(client => {
    const upstream = connect(Number(port), hostname)
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream]) sockets.push(socket.on('error', () => undefined)) // they are cut below
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void proxy.close())
  await once(proxy, 'listening')
  const throughProxy = new URL(url)
  throughProxy.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`
  await db.transaction(async tx => {
    await tx.execute(sql`set local idle_in_transaction_session_timeout = 0`)
    await tx.execute(sql`lock table handled_events`)
    const job = endedJob({ ...env, DATABASE_URL: throughProxy.href })
    await untilBlocked(db, 'the prune')
    for (const socket of sockets) socket.destroy()
    expect(await job).toMatchObject({ code: 1, stderr: 'Connection terminated unexpectedly\n' })
  })
})
