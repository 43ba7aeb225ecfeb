// Records that are missing, changed, or not where they belong.
import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import onAnyStudent from '../../../../functions/onAnyStudent/index.ts'
import onStudentCreate from '../../../../functions/onStudentCreate/index.ts'
import onStudentUpdate from '../../../../functions/onStudentUpdate/index.ts'
import type { TestKafka } from '../../../knative-local/testing.ts'
import { openSchool } from '../testing/school.ts'
import { broken, sums } from '../testing/damaged.ts'
import { removeBefore } from '../testing/retention.ts'

export function damagedLog(kafka: () => TestKafka): void {
  test('an event that the group passed over, with where it is and how to read it again', async () => {
    const school = await openSchool(kafka())
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

  test('an outbox row that never reached Kafka', async () => {
    const school = await openSchool(kafka())
    await school.enrol()
    await school.run()
    const student = await school.enrol()
    expect((await school.audit()).findings).toMatchObject([
      { kind: 'not-published', topic: school.createTopic, student, sequence: 1 }
    ])
  })

  test.each([
    ['other bytes', { payload: broken }],
    ['another key', { key: 'another' }],
    ['other attributes', { time: '2001-01-01T00:00:00.000Z' }]
  ])('a record with %s than its outbox row', async (detail, change) => {
    const school = await openSchool(kafka())
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
    const school = await openSchool(kafka())
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
    const school = await openSchool(kafka())
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
    const school = await openSchool(kafka())
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
    const school = await openSchool(kafka())
    const student = await school.enrol()
    const [published] = await school.publish(await school.outboxRows())
    for (const fn of [onStudentCreate]) await school.deliver(fn, published ? [published] : [])
    await school.commitAll()
    await school.commit(onAnyStudent, school.createTopic, published?.partition ?? 0, published?.offset ?? 0)
    await removeBefore(kafka(), school.createTopic, published?.partition ?? 0, '1')
    expect((await school.audit()).findings).toMatchObject([
      { kind: 'removed-unread', function: 'onAnyStudent', partition: published?.partition, offset: 0 },
      { kind: 'lost', function: 'onAnyStudent', id: published?.row.id, student, sequence: 1 }
    ])
  })
}
