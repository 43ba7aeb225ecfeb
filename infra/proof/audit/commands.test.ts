// What comes through the Broker is accounted for, from the 202 on: something is taken away on purpose, and exactly that is named.
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestKafka, type TestKafka } from '../../knative-local/testing.ts'
import type { AuditReport } from './audit-report.ts'
import { showReport } from './show-report.ts'
import { openBroker } from './testing/broker.ts'

let kafka: TestKafka
beforeAll(async () => {
  kafka = await startTestKafka(1)
}, 120_000)
afterAll(() => kafka?.stop())

describe('nothing is wrong when', () => {
  test('every command was answered, is a letter or was discarded, each for its own Trigger', async () => {
    const broker = await openBroker(kafka)
    await broker.answer(await broker.send('answered'))
    await broker.answer(await broker.send('updated', 'school.student.v1.UpdateStudent'), 'updateStudent')
    await broker.letter(await broker.send('failed'))
    await broker.letter(await broker.send('given-up'), 'discarded')
    await broker.send('of-no-trigger', 'com.example.Other')
    await broker.commitAll()
    const report = await broker.audit()
    expect(report.findings).toEqual([])
    expect(sums(report)).toMatchObject({
      'create-student': { answered: 1, letters: 1, discarded: 1, pending: 0, lost: 0 },
      'update-student': { answered: 1, letters: 0, lost: 0 },
      'replay-dead-letters': { answered: 0, lost: 0 }
    })
    expect(showReport(report)).toMatch(/Trigger .*Answered|Trigger .*answered/)
  })

  test('commands are behind no committed offset yet', async () => {
    const broker = await openBroker(kafka)
    const first = await broker.send('first')
    await broker.answer(first)
    await broker.commit('create-student', first.partition, first.offset + 1)
    await broker.send('second')
    const report = await broker.audit()
    expect(report.findings).toEqual([])
    expect(sums(report)['create-student']).toMatchObject({ answered: 1, pending: 1 })
  })

  test('an answer is kept under the id as the function reads it from a header', async () => {
    const broker = await openBroker(kafka)
    const { source } = await broker.send('東京')
    await broker.send('a%20b')
    for (const id of ['??', 'a b']) await broker.answer({ source, id })
    await broker.commitAll()
    expect((await broker.audit()).findings).toEqual([])
  })

  test('only Knative has the dead letter, in a topic that is still to be read', async () => {
    const broker = await openBroker(kafka)
    const { id } = await broker.send('waiting')
    await broker.send(id, undefined, broker.deadLetterTopic, { ce_knativeerrordest: 'http://create-student' })
    await broker.commitAll()
    const report = await broker.audit()
    expect(report.findings).toEqual([])
    expect(sums(report)['create-student']).toMatchObject({ letters: 1 })
  })

  test('an event that a function has handled needs no answer', async () => {
    const broker = await openBroker(kafka)
    const { source, id } = await broker.send('handled')
    await broker.db.execute(sql`
      insert into handled_events (function, source, event_id, entity, sequence)
      values ('createStudent', ${source}, ${id}, 's', 1)`)
    await broker.commitAll()
    expect(sums(await broker.audit())['create-student']).toMatchObject({ answered: 1, lost: 0 })
  })
})

describe('it names', () => {
  test('a command that its Trigger committed past, with its place', async () => {
    const broker = await openBroker(kafka)
    await broker.answer(await broker.send('answered'))
    const { partition, offset, source, id } = await broker.send('vanished')
    await broker.commitAll()
    const report = await broker.audit()
    expect(report.findings).toMatchObject([
      { kind: 'lost', function: 'createStudent', topic: broker.topic, partition, offset, source, id }
    ])
    expect(report.findings[0]).toMatchObject({
      detail: expect.stringContaining('the Trigger create-student committed past this event'),
      readAgain: `npm run local -- record ${broker.topic}/${partition}/${offset}`
    })
    expect(sums(report)['create-student']).toMatchObject({ answered: 1, lost: 1 })
  })

  test('one whose answer is that of another function', async () => {
    const broker = await openBroker(kafka)
    await broker.answer(await broker.send('mixed-up'), 'updateStudent')
    await broker.commitAll()
    expect((await broker.audit()).findings).toMatchObject([{ kind: 'lost', function: 'createStudent', id: 'mixed-up' }])
  })

  test('one whose answer was taken away', async () => {
    const broker = await openBroker(kafka)
    await broker.answer(await broker.send('answered'))
    await broker.commitAll()
    await broker.db.execute(sql`delete from command_answers`)
    expect((await broker.audit()).findings).toMatchObject([{ kind: 'lost', id: 'answered' }])
  })

  test('a dead letter of a command in the topic that nothing reads', async () => {
    const broker = await openBroker(kafka)
    const type = 'school.student.v1.ReplayDeadLetters'
    const { id } = await broker.send('replay', type)
    await broker.send(id, type, broker.unreadTopic, { ce_function: 'deadLetterReplay' })
    await broker.commitAll()
    const report = await broker.audit()
    expect(report.findings).toMatchObject([{ kind: 'letter-unread', topic: broker.unreadTopic, id }])
    expect(sums(report)['replay-dead-letters']).toMatchObject({ letters: 1, lost: 0 })
  })

  test('commands that retention removed before their Trigger read them', async () => {
    const broker = await openBroker(kafka)
    const { partition, offset } = await broker.send('early')
    await broker.send('late')
    await broker.commit('create-student', partition, offset)
    await kafka.admin.fetchTopicOffsets(broker.topic) // kafkajs learns the leaders by it
    await kafka.admin.deleteTopicRecords({
      topic: broker.topic,
      partitions: [{ partition, offset: String(offset + 1) }]
    })
    expect((await broker.audit()).findings).toMatchObject([
      { kind: 'removed-unread', function: 'createStudent', topic: broker.topic, partition, offset }
    ])
  })
})

/** The report's table of commands, summed by Trigger. */
function sums({ commands }: AuditReport): Record<string, Record<string, number>> {
  const sum: Record<string, Record<string, number>> = {}
  for (const { trigger, answered, letters, discarded, resolved, pending, lost } of commands) {
    const counts = (sum[trigger] ??= {})
    for (const [column, count] of Object.entries({ answered, letters, discarded, resolved, pending, lost })) {
      counts[column] = (counts[column] ?? 0) + count
    }
  }
  return sum
}
