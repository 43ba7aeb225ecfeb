// The checker is checked: each history is made to disagree with another, and exactly that invariant must not hold.
import { Client } from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import type { AuditReport } from '../audit/audit-report.ts'
import { students, timeline } from '../../../functions/students/tables.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { checkInvariants } from './invariants.ts'

const mark = 'test.example.com'
const clean: AuditReport = {
  clean: true,
  startedAt: '2026-01-01T00:00:00Z',
  seconds: 1,
  coverage: [],
  commands: [],
  accounts: {
    outboxRows: 0,
    outboxRowsOnTheirWay: 0,
    outboxRowsOlderThanTheLog: 0,
    records: 0,
    recordsWhoseRowWasPruned: 0
  },
  counts: {},
  findings: []
}

test('all hold when every accepted change has its effect', async () => {
  const { violated } = await school()
  expect(await violated()).toEqual([])
})

test('an accepted student that is not there is a violation', async () => {
  const { violated, accepted } = await school()
  accepted.set('gone', { email: `gone@${mark}`, version: 1 })
  expect(await violated()).toEqual(['what was accepted is there'])
})

test('an accepted change that is not there is a violation', async () => {
  const { violated, accepted } = await school()
  accepted.set('student-1', { email: `student-1@${mark}`, version: 3 })
  expect(await violated()).toEqual(['what was accepted is there'])
})

test('a command that was done twice is a violation', async () => {
  const { violated, database } = await school()
  await addStudent(database, 'student-2', 'student-1')
  expect(await violated()).toEqual(['a repeated command is done once'])
})

test('a change without an effect that the audit did not name is a violation, and one that it named is a loss', async () => {
  const { violated, database } = await school()
  await database.db.delete(timeline)
  expect(await violated()).toEqual(['what is lost is named by the audit'])
  const lost = { kind: 'lost', detail: '', student: 'student-1' }
  expect(await violated({ ...clean, counts: { lost: 2 }, findings: [lost] })).toEqual([
    'nothing is lost',
    'the audit finds nothing else'
  ])
})

test.each([
  ['effect-twice', 'nothing is applied twice'],
  ['out-of-order', 'nothing is applied out of order'],
  ['applied-ahead', 'nothing is applied out of order'],
  ['effect-missing', 'no effect without an event, none missing'],
  ['record-changed', 'every change reaches Kafka as it was written'],
  ['log-out-of-order', 'first occurrences are in order in Kafka']
])('what the audit calls %s is a violation', async (kind, name) => {
  const { violated } = await school()
  expect(await violated({ ...clean, counts: { [kind]: 1 } })).toEqual([name, 'the audit finds nothing else'])
})

/** One student with two changes, accepted, written and applied. */
async function school() {
  const database = await testDatabase()
  await addStudent(database, 'student-1')
  const accepted = new Map([['student-1', { email: `student-1@${mark}`, version: 2 }]])
  const client = new Client({ connectionString: database.url })
  await client.connect()
  onTestFinished(() => client.end())
  const violated = async (audit = clean) =>
    (await checkInvariants(client, { accepted }, mark, audit)).flatMap(({ name, holds }) => (holds ? [] : [name]))
  return { database, accepted, violated }
}

async function addStudent({ db }: TestDatabase, id: string, name = id): Promise<void> {
  const email = `${name}@${mark}`
  await db.insert(students).values({ id, userId: 'user-1', name: 'Ada', email, version: 2 })
  await db.insert(timeline).values(
    [1, 2].map(n => ({
      studentId: id,
      sequence: n,
      type: 't',
      source: 's',
      eventId: `${id}-${n}`,
      time: '',
      name: 'Ada',
      email
    }))
  )
}
