import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { startTestKafka, type TestKafka } from '../local/dataplane/testing/kafka.ts'
import { testDatabase } from '../test/database.ts'
import { eventually } from '../test/function-process.ts'
import { tooShort } from './kept-by-kafka.ts'
import { prune, RetentionTooShort } from './prune.ts'

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

test('what is older than its retention goes, and the rest stays', async () => {
  const { db, run, confirmAll } = await start()
  for (const age of [7, 9, 44, 46]) {
    await addOutboxRow(db, 'student', age)
    await db.execute(sql`
      insert into handled_events (function, source, event_id, student_id, sequence, handled_at)
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
  expect(notes).toEqual(['the outbox is kept whole: the replication slot nobody is not there'])
})

test('the outbox rows of a student whose events are held stay: one of them may be what they wait for', async () => {
  const { db, run, confirmAll } = await start()
  for (const student of ['waits', 'goes-on']) await addOutboxRow(db, student, 100)
  await db.execute(sql`
    insert into held_events (function, student_id, sequence, source, event_id, attributes, data)
    values ('f', 'waits', 3, 's', 'third', '{}', '')`)
  await confirmAll()
  expect(await run()).toMatchObject({ removed: { outbox: 1 } })
  expect((await db.execute(sql`select subject from outbox`)).rows).toEqual([{ subject: 'waits' }])
})

test('an open letter stays, however old, with its history and what was handled in its place; a closed one goes with its part in replays', async () => {
  const { db, run } = await start()
  for (const [n, state] of ['open', 'resolved'].entries()) {
    const closed = sql`case when ${state} = 'resolved' then now() - interval '91 days' end`
    await db.execute(sql`
      with letter as (
        insert into dead_letters (id, function, source, event_id, student_id, sequence, class, reason, detail, state, attributes, data, first_failed_at, closed_at)
        values (gen_random_uuid(), 'f', 's', ${state}, ${state}, ${n}, 'permanent', 'r', 'd', ${state}, '{}', '', now() - interval '400 days', ${closed})
        returning id
      ), job as (
        insert into replay_jobs (id, name, command, concurrency, state, finished_at)
        values (gen_random_uuid(), ${state}, '{}', 1, 'done', now() - interval '91 days') returning id
      ), handled as (
        insert into handled_events (function, source, event_id, student_id, sequence, handled_at)
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

test('a letter that was discarded before its turn stays until the fence has moved over it', async () => {
  const { db, run } = await start()
  await db.execute(sql`insert into fences (function, student_id, sequence) values ('f', 'student', 3)`)
  for (const sequence of [3, 5]) {
    await db.execute(sql`
      insert into dead_letters (id, function, source, event_id, student_id, sequence, class, reason, detail, state, attributes, data, closed_at)
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
  const refused = await run({ OUTBOX_DAYS: 8, INBOX_DAYS: 39 }).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(RetentionTooShort)
  expect(String(refused)).toContain(
    'OUTBOX_DAYS=8 is too short: an event can come again from what Kafka keeps: events 8 days. Set it to 9 or more.'
  )
  expect(String(refused)).toContain('events 8 days, then letters 31 days. Set it to 40 or more.')
  expect((await db.execute(sql`select from command_answers`)).rows).toHaveLength(1)
  expect(await run({ INBOX_DAYS: 40 })).toMatchObject({ removed: { command_answers: 1 } })
})

test('as a job it ends with 78 when Kafka keeps a topic for ever, and with 1 when a topic is not there', async () => {
  const { env } = await start()
  const ended = (changes: Record<string, string>) =>
    promisify(execFile)(process.execPath, ['infra/jobs/prune.ts'], {
      env: { ...process.env, ...env, ...changes }
    }).then(
      ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
      (error: { code: number; stdout: string; stderr: string }) => error
    )
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

test('the longest way back counts: the longest first topic, and every dead letter topic behind it', () => {
  const kept = {
    outbox: [{ topic: 'a', days: 2 }],
    commands: [{ topic: 'b', days: 3 }],
    deadLetters: [
      { topic: 'c', days: 4 },
      { topic: 'd', days: 5 }
    ]
  }
  const ample = { outboxDays: 3, inboxDays: 13, closedLettersDays: 13 }
  expect(tooShort(ample, kept)).toEqual([])
  expect(tooShort({ ...ample, inboxDays: 12 }, kept)).toEqual([
    'INBOX_DAYS=12 is too short: an event can come again from what Kafka keeps: b 3 days, then c 4 days, then d 5 days. Set it to 13 or more.'
  ])
  expect(tooShort({ ...ample, closedLettersDays: 12, outboxDays: 2 }, kept)).toHaveLength(2)
})

type Database = Awaited<ReturnType<typeof testDatabase>>['db']

async function start() {
  const { db, url } = await testDatabase()
  const slot = `outbox_${randomBytes(4).toString('hex')}`
  await db.execute(sql`select pg_create_logical_replication_slot(${slot}, 'pgoutput')`)
  onTestFinished(async () => void (await db.execute(sql`select pg_drop_replication_slot(${slot})`)))
  const config = {
    DATABASE_URL: url,
    OUTBOX_DAYS: 9,
    INBOX_DAYS: 45,
    CLOSED_LETTERS_DAYS: 90,
    OUTBOX_TOPICS: ['events'],
    COMMAND_TOPICS: ['commands'],
    DEAD_LETTER_TOPICS: ['letters'],
    OUTBOX_SLOT: slot
  }
  const env = Object.fromEntries(Object.entries(config).map(([name, value]) => [name, String(value)]))
  return {
    db,
    env: { ...env, KAFKA_BOOTSTRAP: kafka.bootstrap.join(',') },
    run: (changes: Partial<typeof config> = {}) => prune({ ...config, ...changes }, kafka.admin),

    /** As Debezium does it: everything up to now is in Kafka. */
    async confirmAll(): Promise<void> {
      const { rows } = await db.execute(sql`select pg_current_xact_id()::xid as now`)
      await eventually('the slot to be past what was written', async () => {
        await db.execute(sql`select pg_log_standby_snapshot()`)
        await db.execute(sql`select pg_replication_slot_advance(${slot}, pg_current_wal_lsn())`)
        const { rows: past } = await db.execute<{ past: boolean }>(
          sql`select age(catalog_xmin) < age(${rows[0]?.now}::xid) as past from pg_replication_slots where slot_name = ${slot}`
        )
        return past[0]?.past === true
      })
    }
  }
}

async function addOutboxRow(db: Database, subject: string, age: number): Promise<void> {
  await db.execute(sql`
    insert into outbox (id, topic, key, type, source, subject, time, content_type, dataschema, sequence, partitionkey, traceparent, payload, created_at)
    values (gen_random_uuid(), 't', 'k', 't', 's', ${subject}, 't', 'c', 'd', '1', 'k', 'p', '', now() - make_interval(days => ${age}))`)
}
