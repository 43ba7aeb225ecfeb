// Held events and letters from which nothing will come.
import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import onAnyStudent from '../../../../functions/onAnyStudent/index.ts'
import onStudentCreate from '../../../../functions/onStudentCreate/index.ts'
import onStudentUpdate from '../../../../functions/onStudentUpdate/index.ts'
import { handledEvents } from '../../../../functions/runtime/tables/deliveries.ts'
import { deadLetters } from '../../../../functions/runtime/tables/letters.ts'
import type { TestKafka } from '../../../knative-local/testing.ts'
import { openSchool } from '../testing/school.ts'
import { broken } from '../testing/damaged.ts'
import { sendLetter } from '../testing/send-letter.ts'
import { withoutFence } from '../testing/without-guards.ts'

export function waitingEvents(kafka: () => TestKafka): void {
  test('events held behind one that is nowhere', async () => {
    const school = await openSchool(kafka())
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
    const school = await openSchool(kafka())
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
    const school = await openSchool(kafka())
    const student = await school.enrol(0, 'nobody')
    await school.run()
    await school.db.update(deadLetters).set({ data: broken })
    expect((await school.audit()).findings).toMatchObject([
      { kind: 'bytes-changed', function: 'onStudentCreate', student, sequence: 1 }
    ])
  })

  test('a dead letter that nobody could read', async () => {
    const school = await openSchool(kafka())
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
}
