// What the engine does without its guards, seen by the audit.
import { expect, test } from 'vitest'
import onAnyStudent from '../../../../functions/onAnyStudent/index.ts'
import onStudentCreate from '../../../../functions/onStudentCreate/index.ts'
import onStudentUpdate from '../../../../functions/onStudentUpdate/index.ts'
import type { TestKafka } from '../../../knative-local/testing.ts'
import type { AuditReport } from '../audit-report.ts'
import { openSchool } from '../testing/school.ts'
import { withoutFence, withoutGuards, withoutInbox } from '../testing/without-guards.ts'

export function switchedOffGuards(kafka: () => TestKafka): void {
  test('without the fence, an event delivered ahead is reported as applied ahead and out of order', async () => {
    const school = await openSchool(kafka())
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
    const school = await openSchool(kafka())
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
    const school = await openSchool(kafka())
    await school.enrol()
    const published = await school.publish(await school.outboxRows())
    await school.deliver(onStudentCreate, published)
    await school.deliver(onAnyStudent, published, withoutInbox)
    await school.commitAll()
    expect((await school.audit()).findings).toMatchObject([{ kind: 'lost', function: 'onAnyStudent', sequence: 1 }])
  })
}

function kindsOf(report: AuditReport): string[] {
  return report.findings.map(({ kind }) => kind)
}
