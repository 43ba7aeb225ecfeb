// What becomes of the events behind one that fails permanently: held by the fence, applied ahead without it.
import { until } from '../../../knative-local/testing.ts'
import type { Narrator } from '../report/narrator.ts'
import { isOpen, lettersOf } from '../stage/letters.ts'
import type { Stage } from '../stage/stage.ts'
import { broken, events, makeStudentWithBrokenChange, readers } from './broken-change.ts'
import { mendLetter } from './mend-letter.ts'
import { startUnfencedFunction, type UnfencedFunction } from './unfenced-function.ts'

const timeoutMs = 60_000
const behind = events - broken

export async function deadLetterInTheMiddle(stage: Stage, narrator: Narrator): Promise<void> {
  narrator.step(`One student, ${events} events, and number ${broken} cannot be read`)
  narrator.say(
    `A script wrote JSON where protobuf belongs: the functions answer 422, and Knative sends the record to the dead letter sink and continues with the next one. ` +
      `Beside the project's functions, a function without a fence follows student_update by a KafkaSource of its own: it applies what it is sent.`
  )
  const unfenced = await startUnfencedFunction(stage)
  const student = await makeStudentWithBrokenChange(stage)
  await until(
    `the events behind number ${broken} to come`,
    timeoutMs,
    async () => {
      const letters = (await lettersOf(stage, { student: student.id })).filter(isOpen)
      return (
        letters.length === readers.length &&
        letters.every(({ held }) => held === behind) &&
        unfenced.applied(student.id).includes(events) &&
        unfenced.deadLetters(student.id).includes(broken)
      )
    },
    { signal: stage.signal }
  )
  const states = await stateOfEvents(stage, student.id)
  narrator.table(
    Array.from({ length: events }, (_, index) => index + 1).map(sequence => ({
      SEQUENCE: sequence,
      EVENT: sequence === 1 ? 'StudentCreated' : 'StudentUpdated',
      ...Object.fromEntries(readers.map(name => [name, states.get(`${name} ${sequence}`) ?? null])),
      'WITHOUT A FENCE': stateWithoutFence(unfenced, student.id, sequence)
    }))
  )
  const ahead = [...states].filter(([place, state]) => state === 'applied' && Number(place.split(' ')[1]) > broken)
  narrator.claim(
    'nothing is applied ahead of the dead letter',
    ahead.length === 0,
    `${ahead.length} events applied ahead, ${behind} held by each function`
  )
  // Each once: a data plane may deliver one again.
  const unfencedAhead = new Set(unfenced.applied(student.id).filter(sequence => sequence > broken)).size
  narrator.claim(
    'without a fence all behind it is',
    unfencedAhead === behind,
    `${unfencedAhead} of ${behind} updates applied ahead`
  )
  narrator.fact('appliedAheadOfDeadLetter', { fenced: ahead.length, unfenced: unfencedAhead })
  await mendLetter(stage, narrator, student, unfenced)
}

function stateWithoutFence(unfenced: UnfencedFunction, studentId: string, sequence: number): string | null {
  if (unfenced.deadLetters(studentId).includes(sequence)) return 'dead letter'
  if (!unfenced.applied(studentId).includes(sequence)) return null
  return sequence > broken ? 'applied ahead' : 'applied'
}

/** By `FUNCTION SEQUENCE`. */
async function stateOfEvents({ database }: Stage, studentId: string): Promise<Map<string, string>> {
  const { rows } = await database.query<{ place: string; state: string }>(
    `select function || ' ' || sequence as place, 'applied' as state from handled_events where entity = $1
     union all select function || ' ' || sequence, 'dead letter' from dead_letters where entity = $1
     union all select function || ' ' || sequence, 'held' from held_events where entity = $1`,
    [studentId]
  )
  return new Map(rows.map(({ place, state }) => [place, state]))
}
