// What is left of a run: the same for people (Markdown), for tools (JSON) and for tests.
import type { Entry, Step } from './narrator.ts'

export interface ScenarioReport {
  readonly scenario: string
  readonly sentence: string
  readonly short: boolean
  /** Every claim holds, at least one was made, and nothing failed. */
  readonly holds: boolean
  readonly seconds: number
  readonly claims: readonly { readonly claim: string; readonly holds: boolean; readonly seen: string }[]
  readonly facts: Readonly<Record<string, unknown>>
  readonly steps: readonly Step[]
  /** Why it could not continue, and what could not be undone. */
  readonly problems: readonly string[]
}

export function claimsOf(steps: readonly Step[]): ScenarioReport['claims'] {
  return steps
    .flatMap(({ entries }) => entries)
    .filter((entry): entry is Entry & { kind: 'claim' } => entry.kind === 'claim')
    .map(({ claim, holds, seen }) => ({ claim, holds, seen }))
}
