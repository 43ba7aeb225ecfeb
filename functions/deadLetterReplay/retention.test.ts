import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { testDatabase } from '../../infra/test/database.ts'
import { studentEvent } from '../../infra/test/student-event.ts'
import { onAnyStudent } from '../onAnyStudent/handler.ts'
import { deliverInOrder } from '../shared/deliver-in-order.ts'
import { deadLetters, handledEvents } from '../shared/tables.ts'
import { DeadLetterReplayConfig } from './config.ts'
import { pruneOnce } from './retention.ts'

const environment = { DATABASE_URL: 'postgres://localhost/x', FUNCTION_URLS: '' }
const config = DeadLetterReplayConfig.parse(environment)

test('what is older than its retention goes, what is younger stays', async () => {
  const { db } = await testDatabase()
  for (const version of [1, 2]) await deliverInOrder(db, onAnyStudent, studentEvent({ version }))
  await db.execute(sql`update handled_events set handled_at = now() - interval '61 days' where sequence = 1`)
  expect(await pruneOnce(db, config)).toEqual({ handled_events: 1 })
  expect(await db.select().from(handledEvents)).toMatchObject([{ sequence: 2 }])
})

test('an event whose handled row was pruned still has one effect: the fence stays', async () => {
  const { db } = await testDatabase()
  await deliverInOrder(db, onAnyStudent, studentEvent({ version: 1 }))
  await db.execute(sql`update handled_events set handled_at = now() - interval '61 days'`)
  await pruneOnce(db, config)
  expect(await deliverInOrder(db, onAnyStudent, studentEvent({ version: 1 }))).toBe('already-done')
})

test('a letter that is open is never pruned', async () => {
  const { db } = await testDatabase()
  const broken = studentEvent({ version: 1 }, { data: Buffer.from([0xff]) })
  await expect(deliverInOrder(db, onAnyStudent, broken)).rejects.toThrow('data is not')
  await db.execute(sql`update dead_letters set first_failed_at = now() - interval '5 years'`)
  await pruneOnce(db, config)
  expect(await db.$count(deadLetters)).toBe(1)
})

test('a retention shorter than what can still be replayed is refused, with the reason', () => {
  const tooShort = {
    ...environment,
    OUTBOX_RETENTION_HOURS: '24',
    HANDLED_EVENTS_RETENTION_HOURS: '200',
    CLOSED_LETTERS_RETENTION_HOURS: '24'
  }
  const { error } = DeadLetterReplayConfig.safeParse(tooShort)
  expect(error?.issues.map(({ path, message }) => `${path.join()} ${message}`)).toEqual([
    'OUTBOX_RETENTION_HOURS must be at least TOPIC_RETENTION_HOURS (168), not 24: a lost replication slot is made good from the outbox',
    'HANDLED_EVENTS_RETENTION_HOURS must be at least DEAD_LETTER_RETENTION_HOURS (720), not 200: a dead letter may come again for an event handled since',
    'CLOSED_LETTERS_RETENTION_HOURS must be at least DEAD_LETTER_RETENTION_HOURS (720), not 24: a dead letter that comes again would open a discarded one'
  ])
})
