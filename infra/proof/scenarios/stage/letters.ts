// Dead letters, as deadLetterReplay gives them out.
import { Discarded, type Letter, LetterPage, replayApi, Started } from '../../../dead-letters/replay-api.ts'
import { until } from '../../../knative-local/testing.ts'
import type { Stage } from './stage.ts'

/** Of a delivery and its retries on a busy machine, behind an outage of seconds. */
const arrivalTimeoutMs = 60_000

export type LetterFilter = { readonly student: string } | { readonly function: string }

export async function lettersOf(stage: Stage, filter: LetterFilter): Promise<Letter[]> {
  const page = await api(stage)(LetterPage, 'GET', `/?${new URLSearchParams({ ...filter })}`)
  return page.deadLetters
}

export const isOpen = ({ state }: Letter): boolean => state === 'open'

/** Sends another message in the letter's place; it keeps its place in the student's order. */
export async function resend(stage: Stage, letterId: string, reason: string, data: object): Promise<void> {
  await api(stage)(Started, 'POST', `/${letterId}/resend`, { reason, data })
}

export interface ExpectedLetters {
  readonly what: string
  find(): Promise<Letter[]>
  /** Whether all have come, or none will. */
  haveCome(): Promise<boolean>
}

/** In the end no letter stays open, also when the scenario was stopped before they came. */
export function discardInTheEnd(stage: Stage, { what, find, haveCome }: ExpectedLetters): void {
  stage.undo(what, async () => {
    await until(what, arrivalTimeoutMs, haveCome)
    for (const { id } of (await find()).filter(isOpen)) {
      await api(stage)(Discarded, 'POST', `/${id}/discard`, { reason: 'the scenario is over' })
    }
  })
}

const api = ({ endpoints }: Stage) => replayApi(endpoints.functions.deadLetterReplay?.url ?? '')
