// What may look wrong and is not: the audit finds nothing.
import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { discardLetter } from '../../../../functions/deadLetterReplay/discard-letter.ts'
import onAnyStudent from '../../../../functions/onAnyStudent/index.ts'
import { deadLetters } from '../../../../functions/runtime/tables/letters.ts'
import { outbox } from '../../../../functions/runtime/tables/publishing.ts'
import type { TestKafka } from '../../../knative-local/testing.ts'
import { openSchool } from '../testing/school.ts'
import { broken, sums } from '../testing/damaged.ts'
import { partitionEnds, removeBefore } from '../testing/retention.ts'
import { sendLetter } from '../testing/send-letter.ts'

export function nothingWrong(kafka: () => TestKafka): void {
  test('every event was applied', async () => {
    const school = await openSchool(kafka())
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
    const school = await openSchool(kafka())
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
    const school = await openSchool(kafka())
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
    const school = await openSchool(kafka())
    await school.enrol(3)
    const published = await school.run()
    const first = published.find(({ row }) => row.topic === school.updateTopic)
    await school.commit(onAnyStudent, school.updateTopic, first?.partition ?? 0, (first?.offset ?? 0) + 1)
    const report = await school.audit()
    expect(report.findings).toEqual([])
    expect(sums(report)).toMatchObject({ onAnyStudent: { applied: 2, pending: 2 } })
  })

  test('an event is in Kafka twice, and delivered twice', async () => {
    const school = await openSchool(kafka())
    await school.enrol(2)
    await school.run()
    await school.run()
    const report = await school.audit()
    expect(report.findings).toEqual([])
    expect(sums(report)).toMatchObject({ onStudentUpdate: { applied: 4, duplicates: 2 } })
  })

  test('an outbox row is younger than the grace', async () => {
    const school = await openSchool(kafka())
    await school.run()
    await school.enrol()
    const report = await school.audit(60)
    expect(report.findings).toEqual([])
    expect(report.accounts).toMatchObject({ outboxRows: 1, outboxRowsOnTheirWay: 1 })
  })

  test('old outbox rows were pruned, and old records removed after they were handled', async () => {
    const school = await openSchool(kafka())
    await school.enrol(3)
    const published = await school.run()
    await school.db.delete(outbox)
    expect((await school.audit()).findings).toEqual([])
    for (const { topic, partition, high } of await partitionEnds(kafka(), school))
      await removeBefore(kafka(), topic, partition, high)
    const report = await school.audit()
    expect(report.findings).toEqual([])
    expect(report.accounts.records).toBe(0)
    expect(published).toHaveLength(4)
  })

  test('only Knative has the dead letter yet, in a topic that is still to be read', async () => {
    const school = await openSchool(kafka())
    await school.enrol()
    const published = await school.publish(await school.outboxRows())
    for (const fn of [onAnyStudent]) await school.deliver(fn, published)
    await school.commitAll()
    await sendLetter(school, school.deadLetterTopic)
    const report = await school.audit()
    expect(report.findings).toEqual([])
    expect(sums(report)).toMatchObject({ onStudentCreate: { letters: 1 } })
  })
}
