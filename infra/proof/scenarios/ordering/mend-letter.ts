// The dead letter is sent again as it should have been, and everything behind it follows.
import { auditAtRest } from '../../audit/audit-at-rest.ts'
import { until } from '../../../knative-local/testing.ts'
import type { Narrator } from '../report/narrator.ts'
import { isOpen, lettersOf, resend } from '../stage/letters.ts'
import type { Stage } from '../stage/stage.ts'
import type { CalledStudent } from '../stage/student-calls.ts'
import { broken, events, nameAt, readers } from './broken-change.ts'
import { outOfOrderPairs } from './out-of-order.ts'
import type { UnfencedFunction } from './unfenced-function.ts'

const timeoutMs = 60_000

export async function mendLetter(
  stage: Stage,
  narrator: Narrator,
  student: CalledStudent,
  unfenced: UnfencedFunction
): Promise<void> {
  narrator.step('The dead letter is corrected and sent again')
  narrator.say(
    'POST /LETTER/resend of deadLetterReplay takes the event as it should have been, for each function that failed. The function without a fence gets it too.'
  )
  const mended = { ...student, name: nameAt(broken), version: broken }
  for (const { id } of (await lettersOf(stage, { student: student.id })).filter(isOpen)) {
    await resend(stage, id, 'the script wrote JSON', { ...mended, occurredAt: new Date().toISOString() })
  }
  await unfenced.send(mended)
  await until(
    'the last event to be applied',
    timeoutMs,
    async () => {
      const applied = await Promise.all(readers.map(name => appliedSequences(stage, student.id, name)))
      return applied.every(sequences => sequences.includes(events))
    },
    { signal: stage.signal }
  )

  const fenced = await Promise.all(
    readers.map(async name => ({ name, applied: await appliedSequences(stage, student.id, name) }))
  )
  const rows = [...fenced, { name: 'without a fence', applied: unfenced.applied(student.id) }]
  narrator.table(
    rows.map(({ name, applied }) => ({
      FUNCTION: name,
      'APPLIED, IN THIS ORDER': applied.join(' '),
      'PAIRS OUT OF ORDER': outOfOrderPairs(applied),
      'NAME IN THE END': nameAt(applied.at(-1) ?? 0)
    }))
  )
  const fencedPairs = fenced.reduce((sum, { applied }) => sum + outOfOrderPairs(applied), 0)
  narrator.claim('all are applied in order', fencedPairs === 0, `${fencedPairs} pairs out of order`)
  narrator.claim(
    'each exactly once',
    // onStudentUpdate never sees the create.
    fenced.every(({ name, applied }) => isOnceEach(applied, name === 'onStudentUpdate' ? 2 : 1)),
    fenced.map(({ name, applied }) => `${applied.length} by ${name}`).join(', ')
  )
  const unfencedPairs = outOfOrderPairs(unfenced.applied(student.id))
  const lastWord = unfenced.applied(student.id).at(-1)
  narrator.claim(
    'without a fence the corrected update comes last and undoes the later ones',
    unfencedPairs > 0 && lastWord === broken,
    `${unfencedPairs} pairs out of order, and the student is ${nameAt(lastWord ?? 0)} again`
  )
  narrator.fact('outOfOrderPairsBehindDeadLetter', { fenced: fencedPairs, unfenced: unfencedPairs })
  await claimDirectory(stage, narrator, student.id)
  await claimNothingIsLeft(stage, narrator, student.id)
}

function isOnceEach(applied: readonly number[], first: number): boolean {
  const inOrder = applied.toSorted((a, b) => a - b)
  return inOrder.length === events - first + 1 && inOrder.every((sequence, index) => sequence === first + index)
}

/** In the order in which they were applied. */
async function appliedSequences({ database }: Stage, studentId: string, functionName: string): Promise<number[]> {
  const { rows } = await database.query<{ sequence: number }>(
    'select sequence from handled_events where entity = $1 and function = $2 order by handled_at',
    [studentId, functionName]
  )
  return rows.map(({ sequence }) => sequence)
}

async function claimDirectory({ database }: Stage, narrator: Narrator, studentId: string): Promise<void> {
  const { rows } = await database.query<{ name: string; version: number }>(
    'select name, version from directory where student_id = $1',
    [studentId]
  )
  const { name, version } = rows[0] ?? {}
  narrator.claim(
    'the directory has the last change',
    name === nameAt(events) && version === events,
    `${name}, version ${version}`
  )
}

async function claimNothingIsLeft(stage: Stage, narrator: Narrator, studentId: string): Promise<void> {
  const { kafka, plan, endpoints, database } = stage
  const audit = await auditAtRest({ kafka, endpoints, plan })
  const findings = audit.findings.filter(({ student }) => student === studentId)
  const { rowCount } = await database.query('select from held_events where entity = $1', [studentId])
  const open = (await lettersOf(stage, { student: studentId })).filter(isOpen).length
  narrator.claim(
    'nothing is left behind',
    open === 0 && rowCount === 0 && findings.length === 0,
    `${open} letters open, ${rowCount} events held, ${findings.length} findings of the audit about this student`
  )
}
