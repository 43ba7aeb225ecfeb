// A student's dead letters, as deadLetterReplay gives them out.
import { Discarded, type Letter, LetterPage, replayApi, Started } from '../../dead-letters/replay-api.ts'
import { until } from '../../local/resources/until.ts'
import type { Stage } from '../stage/stage.ts'

/** Of an ordered delivery on a busy machine. */
const arrivalTimeoutMs = 60_000

export async function lettersOf(stage: Stage, studentId: string): Promise<Letter[]> {
  const page = await api(stage)(LetterPage, 'GET', `/?student=${studentId}`)
  return page.deadLetters
}

export async function openLettersOf(stage: Stage, studentId: string): Promise<Letter[]> {
  return (await lettersOf(stage, studentId)).filter(({ state }) => state === 'open')
}

/** Sends another message in the letter's place; it keeps its place in the student's order. */
export async function resend(stage: Stage, letterId: string, reason: string, data: object): Promise<void> {
  await api(stage)(Started, 'POST', `/${letterId}/resend`, { reason, data })
}

/** In the end no letter stays open, also when the scenario was stopped before they came. */
export function discardInTheEnd(stage: Stage, studentId: string, expected: number): void {
  stage.undo(`letters of student ${studentId}`, async () => {
    await until(
      `${expected} letters`,
      arrivalTimeoutMs,
      async () => (await lettersOf(stage, studentId)).length >= expected
    )
    for (const { id } of await openLettersOf(stage, studentId)) {
      await api(stage)(Discarded, 'POST', `/${id}/discard`, { reason: 'the scenario was stopped' })
    }
  })
}

const api = ({ endpoints }: Stage) => replayApi(endpoints.functions.deadLetterReplay?.url ?? '')
