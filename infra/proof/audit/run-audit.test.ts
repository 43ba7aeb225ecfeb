// The audit is checked itself: something is damaged on purpose, and exactly that must be named.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { and, eq, sql } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { discardLetter } from '../../../functions/deadLetterReplay/discard-letter.ts'
import onAnyStudent from '../../../functions/onAnyStudent/index.ts'
import onStudentCreate from '../../../functions/onStudentCreate/index.ts'
import onStudentUpdate from '../../../functions/onStudentUpdate/index.ts'
import type { Database } from '../../../functions/runtime/host/database.ts'
import { inTransaction } from '../../../functions/runtime/host/transaction.ts'
import type { DeliveredFunction } from '../../../functions/runtime/delivery/delivered-function.ts'
import type { ReceivedEvent } from '../../../functions/runtime/events/received-event.ts'
import { positionOf } from '../../../functions/runtime/delivery/position.ts'
import { readTyped } from '../../../functions/runtime/events/event-type.ts'
import { fences, handledEvents } from '../../../functions/runtime/tables/deliveries.ts'
import { deadLetters } from '../../../functions/runtime/tables/letters.ts'
import { outbox } from '../../../functions/runtime/tables/publishing.ts'
import { directory, students, timeline } from '../../../functions/students/tables.ts'
import { startTestKafka, type TestKafka } from '../../knative-local/testing.ts'
import type { AuditReport } from './audit-report.ts'
import { startFunction } from '../../test/function-process.ts'
import { openSchool, type School } from './testing/school.ts'

let kafka: TestKafka
beforeAll(async () => {
  kafka = await startTestKafka(1)
}, 120_000)
afterAll(() => kafka?.stop())

const broken = Buffer.from([0xff])

describe('nothing is wrong when', () => {
  test('every event was applied', async () => {
    const school = await openSchool(kafka)
    for (const updates of [0, 1, 3]) await school.enrol(updates)
    await school.run()
    const report = await school.audit()
    expect(report.findings).toEqual([])
    expect(sums(report)).toMatchObject({
      onStudentCreate: { applied: 3, pending: 0 },
      onStudentUpdate: { applied: 4 },
      onAnyStudent: { applied: 7, lost: 0, duplicates: 0 }
    })
  })

  test('an event waits in a letter and its successors are held behind it', async () => {
    const school = await openSchool(kafka)
    await school.enrol(2, 'nobody')
    const [, update] = await school.outboxRows()
    await school.db
      .update(outbox)
      .set({ payload: broken })
      .where(eq(outbox.id, update?.id ?? ''))
    await school.run()
    const report = await school.audit()
    expect(report.findings).toEqual([])
    expect(sums(report)).toMatchObject({
      onStudentCreate: { applied: 0, letters: 1 },
      onStudentUpdate: { applied: 0, letters: 1, held: 1 },
      onAnyStudent: { applied: 1, letters: 1, held: 1 }
    })
    const [letter] = await school.db.select().from(deadLetters).where(eq(deadLetters.function, 'onAnyStudent'))
    await discardLetter(school.db, letter?.id ?? '', 'a test')
    const after = await school.audit(60)
    expect(after.findings).toEqual([])
    expect(sums(after)).toMatchObject({ onAnyStudent: { applied: 1, letters: 0, discarded: 1, held: 1 } })
  })

  test('an edited event was applied in the place of a letter', async () => {
    const school = await openSchool(kafka)
    await school.enrol(1)
    const [, update] = await school.outboxRows()
    const payload = update?.payload ?? broken
    await school.db
      .update(outbox)
      .set({ payload: broken })
      .where(eq(outbox.id, update?.id ?? ''))
    const published = await school.run()
    const editedData = payload
    await school.db.update(deadLetters).set({ editedData, editedAt: new Date() })
    await school.deliver(onAnyStudent, published.slice(1))
    const report = await school.audit()
    expect(report.findings).toEqual([])
    expect(sums(report)).toMatchObject({ onAnyStudent: { applied: 2, letters: 0 } })
  })

  test('events are beyond the committed offset, applied already or not', async () => {
    const school = await openSchool(kafka)
    await school.enrol(3)
    const published = await school.run()
    const first = published.find(({ row }) => row.topic === school.updateTopic)
    await school.commit(onAnyStudent, school.updateTopic, first?.partition ?? 0, (first?.offset ?? 0) + 1)
    const report = await school.audit()
    expect(report.findings).toEqual([])
    expect(sums(report)).toMatchObject({ onAnyStudent: { applied: 2, pending: 2 } })
  })

  test('an event is in Kafka twice, and delivered twice', async () => {
    const school = await openSchool(kafka)
    await school.enrol(2)
    await school.run()
    await school.run()
    const report = await school.audit()
    expect(report.findings).toEqual([])
    expect(sums(report)).toMatchObject({ onStudentUpdate: { applied: 4, duplicates: 2 } })
  })

  test('an outbox row is younger than the grace', async () => {
    const school = await openSchool(kafka)
    await school.run()
    await school.enrol()
    const report = await school.audit(60)
    expect(report.findings).toEqual([])
    expect(report.accounts).toMatchObject({ outboxRows: 1, outboxRowsOnTheirWay: 1 })
  })

  test('old outbox rows were pruned, and old records removed after they were handled', async () => {
    const school = await openSchool(kafka)
    await school.enrol(3)
    const published = await school.run()
    await school.db.delete(outbox)
    expect((await school.audit()).findings).toEqual([])
    for (const { topic, partition, high } of await ends(school)) await removeBefore(topic, partition, high)
    const report = await school.audit()
    expect(report.findings).toEqual([])
    expect(report.accounts.records).toBe(0)
    expect(published).toHaveLength(4)
  })

  test('only Knative has the dead letter yet, in a topic that is still to be read', async () => {
    const school = await openSchool(kafka)
    await school.enrol()
    const published = await school.publish(await school.outboxRows())
    for (const fn of [onAnyStudent]) await school.deliver(fn, published)
    await school.commitAll()
    await sendLetter(school, school.deadLetterTopic)
    const report = await school.audit()
    expect(report.findings).toEqual([])
    expect(sums(report)).toMatchObject({ onStudentCreate: { letters: 1 } })
  })
})

describe('named is', () => {
  test('an event that the group passed over, with where it is and how to read it again', async () => {
    const school = await openSchool(kafka)
    const student = await school.enrol(2)
    const published = await school.publish(await school.outboxRows())
    const skipped = published[2]
    for (const fn of [onStudentCreate, onStudentUpdate]) await school.deliver(fn, published)
    await school.deliver(onAnyStudent, published.slice(0, 2))
    await school.commitAll() // before handling, as it were
    const report = await school.audit()
    expect(report.findings).toEqual([
      {
        kind: 'lost',
        detail: expect.stringContaining('neither applied, dead-lettered, held nor discarded'),
        function: 'onAnyStudent',
        topic: school.updateTopic,
        partition: skipped?.partition,
        offset: skipped?.offset,
        source: '/students/update-student',
        id: skipped?.row.id,
        student,
        sequence: 3,
        readAgain: `npm run local -- record ${school.updateTopic}/${skipped?.partition}/${skipped?.offset}`
      }
    ])
    expect(sums(report)).toMatchObject({ onAnyStudent: { applied: 2, lost: 1 } })
  })

  test('a handled row that is gone', async () => {
    const { school, student } = await damaged(async (db, id) => {
      await db
        .delete(handledEvents)
        .where(
          and(eq(handledEvents.function, 'onAnyStudent'), eq(handledEvents.entity, id), eq(handledEvents.sequence, 2))
        )
    })
    expect((await school.audit()).findings).toMatchObject([
      { kind: 'lost', function: 'onAnyStudent', topic: school.updateTopic, student, sequence: 2 }
    ])
  })

  test('an effect that no event had', async () => {
    const { school, student } = await damaged(async (db, id) => {
      await db.insert(timeline).values({
        studentId: id,
        sequence: 9,
        type: 'x',
        source: '/forged',
        eventId: 'forged',
        time: new Date().toISOString(),
        name: 'x',
        email: 'x'
      })
    })
    expect((await school.audit()).findings).toMatchObject([
      { kind: 'effect-without-event', function: 'onAnyStudent', id: 'forged', student, sequence: 9 }
    ])
  })

  test('an event that was handled and never sent', async () => {
    const { school, student } = await damaged(async (db, id) => {
      await db
        .insert(handledEvents)
        .values({ function: 'onStudentUpdate', source: '/forged', eventId: 'forged', entity: id, sequence: 4 })
      await db
        .update(fences)
        .set({ sequence: 4 })
        .where(and(eq(fences.function, 'onStudentUpdate'), eq(fences.entity, id)))
      await db.update(directory).set({ version: 4 }).where(eq(directory.studentId, id))
    })
    expect((await school.audit()).findings).toMatchObject([
      { kind: 'effect-without-event', function: 'onStudentUpdate', id: 'forged', student, sequence: 4 }
    ])
  })

  test('an effect that is gone', async () => {
    const { school, student } = await damaged(async (db, id) => {
      await db.delete(timeline).where(and(eq(timeline.studentId, id), eq(timeline.sequence, 3)))
    })
    expect((await school.audit()).findings).toMatchObject([
      { kind: 'effect-missing', function: 'onAnyStudent', student, sequence: 3 }
    ])
  })

  test.each([
    ['version', { version: 2 }],
    ['status', { status: 'pending' }]
  ] as const)('a directory entry with another %s than was handled', async (_, changed) => {
    const { school, student } = await damaged(async (db, id) => {
      await db.update(directory).set(changed).where(eq(directory.studentId, id))
    })
    expect((await school.audit()).findings).toMatchObject([{ kind: 'directory-differs', student }])
  })

  test('effects in the wrong order', async () => {
    const { school, student } = await damaged(async (db, id) => {
      const second = and(
        eq(handledEvents.function, 'onAnyStudent'),
        eq(handledEvents.entity, id),
        eq(handledEvents.sequence, 2)
      )
      await db
        .update(handledEvents)
        .set({ handledAt: sql`clock_timestamp()` })
        .where(second)
    })
    expect((await school.audit()).findings).toMatchObject([
      { kind: 'out-of-order', function: 'onAnyStudent', student, sequence: 3 }
    ])
  })

  test('a fence that moved over nothing', async () => {
    const { school, student } = await damaged(async (db, id) => {
      const fence = and(eq(fences.function, 'onAnyStudent'), eq(fences.entity, id))
      await db.update(fences).set({ sequence: 5 }).where(fence)
    })
    expect((await school.audit()).findings).toMatchObject([
      { kind: 'fence-ahead', function: 'onAnyStudent', student, sequence: 4 },
      { kind: 'fence-ahead', function: 'onAnyStudent', student, sequence: 5 }
    ])
  })

  test('a fence that would let an event through again', async () => {
    const { school, student } = await damaged(async (db, id) => {
      const fence = and(eq(fences.function, 'onAnyStudent'), eq(fences.entity, id))
      await db.update(fences).set({ sequence: 2 }).where(fence)
    })
    expect((await school.audit()).findings).toMatchObject([
      { kind: 'fence-behind', function: 'onAnyStudent', student, sequence: 3 }
    ])
  })

  test('an outbox row that never reached Kafka', async () => {
    const school = await openSchool(kafka)
    await school.enrol()
    await school.run()
    const student = await school.enrol()
    expect((await school.audit()).findings).toMatchObject([
      { kind: 'not-published', topic: school.createTopic, student, sequence: 1 }
    ])
  })

  test('a change that was never published', async () => {
    const { school, student } = await damaged(async (db, id) => {
      await db.update(students).set({ version: 4 }).where(eq(students.id, id))
    })
    expect((await school.audit()).findings).toMatchObject([{ kind: 'change-without-event', student, sequence: 4 }])
  })

  test.each([
    ['other bytes', { payload: broken }],
    ['another key', { key: 'another' }],
    ['other attributes', { time: '2001-01-01T00:00:00.000Z' }]
  ])('a record with %s than its outbox row', async (detail, change) => {
    const school = await openSchool(kafka)
    await school.enrol()
    const published = await school.run()
    const [again] = await school.publish(
      published.map(({ row }) => row),
      row => ({ ...row, ...change })
    )
    expect((await school.audit()).findings).toMatchObject([
      {
        kind: 'record-changed',
        detail: expect.stringContaining(detail),
        partition: again?.partition,
        offset: again?.offset
      }
    ])
  })

  test('an event id that was used twice: its second event is a letter, not applied', async () => {
    const school = await openSchool(kafka)
    await school.enrol(2)
    const [create, first, second] = await school.run()
    const reused = second && first && { ...second.row, id: first.row.id, sequence: '0000000004' }
    const published = await school.publish(reused ? [reused] : [])
    await school.deliver(onAnyStudent, published)
    await school.deliver(onStudentUpdate, published)
    await school.commitAll()
    const report = await school.audit()
    expect(report.findings).toMatchObject([{ kind: 'record-changed', id: first?.row.id }])
    expect(sums(report)).toMatchObject({ onAnyStudent: { applied: 3, letters: 1, duplicates: 0 } })
    expect(create?.row.sequence).toBe('0000000001')
  })

  test('a record that no outbox row stands for', async () => {
    const school = await openSchool(kafka)
    await school.enrol()
    await school.run()
    const [row] = await school.outboxRows()
    const time = new Date(Date.now() + 3_600_000).toISOString()
    await school.publish(row ? [{ ...row, id: uuidv7(), time }] : [])
    expect((await school.audit()).findings).toMatchObject([
      { kind: 'record-without-row', topic: school.createTopic },
      expect.anything() // and its sequence is there twice
    ])
  })

  test('a log in which a student’s events have changed places', async () => {
    const school = await openSchool(kafka)
    const student = await school.enrol(2)
    const [create, first, second] = await school.outboxRows()
    const published = await school.publish([create, second, first].flatMap(row => row ?? []))
    for (const fn of [onStudentCreate, onStudentUpdate, onAnyStudent]) await school.deliver(fn, published)
    await school.commitAll()
    expect((await school.audit()).findings).toMatchObject([
      { kind: 'log-out-of-order', topic: school.updateTopic, student, sequence: 2, offset: published[2]?.offset }
    ])
  })

  test('records that retention removed before the group had read them', async () => {
    const school = await openSchool(kafka)
    const student = await school.enrol()
    const [published] = await school.publish(await school.outboxRows())
    for (const fn of [onStudentCreate]) await school.deliver(fn, published ? [published] : [])
    await school.commitAll()
    await school.commit(onAnyStudent, school.createTopic, published?.partition ?? 0, published?.offset ?? 0)
    await removeBefore(school.createTopic, published?.partition ?? 0, '1')
    expect((await school.audit()).findings).toMatchObject([
      { kind: 'removed-unread', function: 'onAnyStudent', partition: published?.partition, offset: 0 },
      { kind: 'lost', function: 'onAnyStudent', id: published?.row.id, student, sequence: 1 }
    ])
  })

  test('events held behind one that is nowhere', async () => {
    const school = await openSchool(kafka)
    const student = await school.enrol(2)
    const rows = await school.outboxRows()
    const published = await school.publish(rows.slice(2))
    await school.deliver(onAnyStudent, published)
    await school.deliver(onStudentUpdate, published)
    await school.commitAll()
    const { findings } = await school.audit()
    expect(findings.filter(({ kind }) => kind === 'held-for-nothing')).toMatchObject([
      { function: 'onAnyStudent', student, sequence: 1 },
      { function: 'onStudentUpdate', student, sequence: 2 }
    ])
    expect(findings.filter(({ kind }) => kind === 'not-published')).toHaveLength(2)
  })

  test('a held event that nobody continued with', async () => {
    const school = await openSchool(kafka)
    const student = await school.enrol(1)
    const published = await school.publish(await school.outboxRows())
    for (const fn of [onStudentCreate, onStudentUpdate]) await school.deliver(fn, published)
    await school.deliver(onAnyStudent, published.slice(1)) // held, as its create is missing
    await school.deliver(onAnyStudent, published.slice(0, 1), withoutFence) // which then came, and drove nothing
    await school.commitAll()
    expect((await school.audit()).findings).toMatchObject([
      { kind: 'held-for-nothing', detail: expect.stringContaining('past its turn'), student, sequence: 2 }
    ])
  })

  test('a letter whose bytes were changed', async () => {
    const school = await openSchool(kafka)
    const student = await school.enrol(0, 'nobody')
    await school.run()
    await school.db.update(deadLetters).set({ data: broken })
    expect((await school.audit()).findings).toMatchObject([
      { kind: 'bytes-changed', function: 'onStudentCreate', student, sequence: 1 }
    ])
  })

  test('a dead letter that nobody could read', async () => {
    const school = await openSchool(kafka)
    const student = await school.enrol()
    await school.run()
    await school.db.delete(handledEvents).where(eq(handledEvents.function, 'onStudentCreate'))
    await sendLetter(school, school.unreadTopic)
    const { findings } = await school.audit()
    expect(findings).toContainEqual(
      expect.objectContaining({
        kind: 'letter-unread',
        function: 'onStudentCreate',
        topic: school.unreadTopic,
        student
      })
    )
  })
})

describe('with a guard of the engine switched off', () => {
  test('without the fence, an event delivered ahead is reported as applied ahead and out of order', async () => {
    const school = await openSchool(kafka)
    const student = await school.enrol(2)
    const published = await school.publish(await school.outboxRows())
    const [create, first, second] = published
    await school.deliver(
      onAnyStudent,
      [create, second].flatMap(one => one ?? []),
      withoutFence
    )
    expect(kindsOf(await school.audit())).toContain('applied-ahead')
    await school.deliver(onAnyStudent, first ? [first] : [], withoutFence)
    for (const fn of [onStudentCreate, onStudentUpdate]) await school.deliver(fn, published)
    await school.commitAll()
    const { findings } = await school.audit()
    expect(findings).toContainEqual(expect.objectContaining({ kind: 'out-of-order', student, sequence: 3 }))
  })

  test('without either, an update that comes again puts the directory back, and that is reported', async () => {
    const school = await openSchool(kafka)
    const student = await school.enrol(2)
    const published = await school.publish(await school.outboxRows())
    for (const fn of [onStudentCreate, onAnyStudent]) await school.deliver(fn, published)
    const [, first, second] = published
    await school.deliver(
      onStudentUpdate,
      [first, second, first].flatMap(one => one ?? []),
      withoutGuards
    )
    await school.commitAll()
    expect((await school.audit()).findings).toContainEqual(
      expect.objectContaining({ kind: 'directory-differs', student, sequence: 2 })
    )
  })

  test('without the handled events, effects have none and their events count as lost', async () => {
    const school = await openSchool(kafka)
    await school.enrol()
    const published = await school.publish(await school.outboxRows())
    await school.deliver(onStudentCreate, published)
    await school.deliver(onAnyStudent, published, withoutInbox)
    await school.commitAll()
    expect((await school.audit()).findings).toMatchObject([{ kind: 'lost', function: 'onAnyStudent', sequence: 1 }])
  })
})

describe('on the command line', () => {
  test('the audit says what is lost, the record is read again and sent, and nothing is lost any more', async () => {
    const school = await openSchool(kafka, '')
    await school.enrol(1)
    await school.run()
    const addresses = ['--bootstrap', kafka.bootstrap.join(','), '--database-url', school.databaseUrl, '--grace', '0']
    const clean = await local('audit', '--json', ...addresses)
    expect(clean.status).toBe(0)
    expect(JSON.parse(clean.stdout)).toMatchObject({
      clean: true,
      findings: [],
      accounts: { records: 2, outboxRows: 2 }
    })

    await school.enrol(1)
    const published = await school.publish((await school.outboxRows()).slice(2))
    for (const fn of [onStudentCreate, onAnyStudent]) await school.deliver(fn, published)
    await school.commitAll()
    const wrong = await local('audit', ...addresses)
    expect(wrong.status).toBe(1)
    expect(wrong.stdout).toContain('1 lost')
    const record = /npm run local -- (record \S+)/.exec(wrong.stdout)?.[1]?.split(' ') ?? []
    const { url } = await startFunction('onStudentUpdate', { DATABASE_URL: school.databaseUrl })
    const sent = await local(...record, ...addresses.slice(0, 4), '--to', url)
    expect([sent.status, JSON.parse(sent.stdout)]).toMatchObject([
      0,
      { topic: 'student_update', data: { name: 'Ada 1', version: 2 } }
    ])
    expect((await local('audit', ...addresses)).stdout).toContain('Nothing is wrong')
  })

  test.each([
    ['an unknown flag', ['audit', '--colour']],
    ['half an address', ['audit', '--bootstrap', 'localhost:9']],
    [
      'a Kafka that is not there',
      ['audit', '--bootstrap', '127.0.0.9:9', '--database-url', 'postgres://127.0.0.9:9/x']
    ],
    ['a record that is not named', ['record', 'student_create']]
  ])('%s is exit status 2', async (_, args) => {
    const { status, stderr } = await local(...args)
    expect([status, stderr]).toEqual([2, expect.stringMatching(/\w/)])
  })
})

/** `npm run local`, without npm. */
async function local(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['infra/local.ts', ...args], {
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { status, stdout, stderr }
}

/** The engine with its comparison of sequences taken out. */
async function withoutFence(db: Database, fn: DeliveredFunction, event: ReceivedEvent): Promise<void> {
  const position = positionOf(event)
  if (position === undefined) throw new Error('not about a student')
  await inTransaction(db, async tx => {
    await fn.handle(readTyped(event, fn.accepts), { tx })
    await tx.insert(handledEvents).values({ function: fn.name, source: event.source, eventId: event.id, ...position })
    await tx
      .insert(fences)
      .values({ function: fn.name, ...position })
      .onConflictDoUpdate({
        target: [fences.function, fences.entity],
        set: { sequence: sql`greatest(fences.sequence, excluded.sequence)` }
      })
  })
}

/** Neither compared with the fence nor refused for having been handled. */
async function withoutGuards(db: Database, fn: DeliveredFunction, event: ReceivedEvent): Promise<void> {
  const position = positionOf(event)
  if (position === undefined) throw new Error('not about a student')
  await inTransaction(db, async tx => {
    await fn.handle(readTyped(event, fn.accepts), { tx })
    const handled = { function: fn.name, source: event.source, eventId: event.id, ...position }
    await tx.insert(handledEvents).values(handled).onConflictDoNothing()
    const fence = { function: fn.name, ...position }
    const { sequence } = position
    await tx
      .insert(fences)
      .values(fence)
      .onConflictDoUpdate({ target: [fences.function, fences.entity], set: { sequence } })
  })
}

async function withoutInbox(db: Database, fn: DeliveredFunction, event: ReceivedEvent): Promise<void> {
  await inTransaction(db, tx => fn.handle(readTyped(event, fn.accepts), { tx }))
}

/** A student with two updates, all applied; then the damage. */
async function damaged(damage: (db: Database, studentId: string) => Promise<void>) {
  const school = await openSchool(kafka)
  const student = await school.enrol(2)
  await school.run()
  await damage(school.db, student)
  return { school, student }
}

/** As a KafkaSink writes what onStudentCreate failed on. */
async function sendLetter(school: School, topic: string): Promise<void> {
  const [row] = await school.outboxRows()
  if (row === undefined) throw new Error('no event to fail on')
  await school.producer.send({
    topic,
    messages: [
      {
        key: row.key,
        value: row.payload,
        headers: {
          ce_specversion: '1.0',
          ce_id: row.id,
          ce_source: row.source,
          ce_type: row.type,
          ce_subject: row.subject,
          ce_sequence: row.sequence,
          ce_function: 'onStudentCreate',
          'content-type': row.contentType
        }
      }
    ]
  })
}

async function ends(school: School) {
  const topics = [school.createTopic, school.updateTopic]
  const found = await Promise.all(
    topics.map(async topic => (await kafka.admin.fetchTopicOffsets(topic)).map(one => ({ topic, ...one })))
  )
  return found.flat()
}

/** What retention does, at once. */
async function removeBefore(topic: string, partition: number, offset: string): Promise<void> {
  await kafka.admin.deleteTopicRecords({ topic, partitions: [{ partition, offset }] })
}

function kindsOf(report: AuditReport): string[] {
  return report.findings.map(({ kind }) => kind)
}

type Counts = Record<string, number>

/** The report's table, summed by function. */
function sums({ coverage }: AuditReport): Record<string, Counts> {
  const sum: Record<string, Counts> = {}
  for (const { function: name, applied, letters, held, discarded, pending, lost, duplicates } of coverage) {
    const counts = (sum[name] ??= {})
    const row = { applied, letters, held, discarded, pending, lost, duplicates }
    for (const [column, count] of Object.entries(row)) counts[column] = (counts[column] ?? 0) + count
  }
  return sum
}
