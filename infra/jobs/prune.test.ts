import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { testDatabase } from '../test/database.ts'
import { prune } from './prune.ts'

const retention = { OUTBOX_DAYS: 8, INBOX_DAYS: 45, CLOSED_LETTERS_DAYS: 90 }

test('what is older than its retention goes, and the rest stays', async () => {
  const { db, url } = await testDatabase()
  for (const age of [7, 9, 44, 46]) {
    await db.execute(sql`
      insert into outbox (id, topic, key, type, source, subject, time, content_type, dataschema, sequence, partitionkey, traceparent, payload, created_at)
      values (gen_random_uuid(), 't', 'k', 't', 's', 's', 't', 'c', 'd', '1', 'k', 'p', '', now() - make_interval(days => ${age}))`)
    await db.execute(sql`
      insert into handled_events (function, source, event_id, student_id, sequence, handled_at)
      values ('f', 's', ${`event-${age}`}, 'student', 1, now() - make_interval(days => ${age}))`)
  }
  expect(await prune({ DATABASE_URL: url, ...retention })).toMatchObject({ outbox: 3, handled_events: 1 })
  expect(await prune({ DATABASE_URL: url, ...retention })).toMatchObject({ outbox: 0, handled_events: 0 })
})

test('an open letter stays, however old; a closed one goes with its part in replays', async () => {
  const { db, url } = await testDatabase()
  for (const state of ['open', 'resolved']) {
    const closed = sql`case when ${state} = 'resolved' then now() - interval '91 days' end`
    await db.execute(sql`
      with letter as (
        insert into dead_letters (id, function, source, event_id, class, reason, detail, state, attributes, data, first_failed_at, closed_at)
        values (gen_random_uuid(), 'f', 's', ${state}, 'permanent', 'r', 'd', ${state}, '{}', '', now() - interval '400 days', ${closed})
        returning id
      ), job as (
        insert into replay_jobs (id, name, command, concurrency, state) values (gen_random_uuid(), 'n', '{}', 1, 'done') returning id
      )
      insert into replay_items (job_id, letter_id, position, state)
      select job.id, letter.id, 1, 'resolved' from job, letter`)
  }
  expect(await prune({ DATABASE_URL: url, ...retention })).toMatchObject({ dead_letters: 1 })
  const { rows } = await db.execute(sql`select state from dead_letters`)
  expect(rows).toEqual([{ state: 'open' }])
  expect((await db.execute(sql`select from replay_items`)).rows).toHaveLength(1)
})
