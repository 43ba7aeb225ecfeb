// The far side: what became of every command that was accepted. A command is known again by the name that it gave the
// student, which no other command gave: the timeline keeps it with the student's sequence, and handled_events says when each
// function was done with that sequence.
import { setTimeout as sleep } from 'node:timers/promises'
import { type LastEffect, lastEffects } from '../../bench/last-effects.ts'
import type { Stage } from '../stage/stage.ts'
import type { Answer } from './journal.ts'

/** One name that a student had, and since which sequence. */
export interface NamedChange {
  readonly name: string
  readonly studentId: string
  readonly sequence: number
}

export interface CommandEffects {
  readonly accepted: number
  /** Accepted, and not yet done by all functions that follow it. */
  readonly missing: number
  /** Commands that changed a student more than once. */
  readonly twice: number
  /** Of each command that all functions can do: those of unknown users wait on purpose. */
  readonly delays: readonly { readonly scenario: string; readonly sentAt: number; readonly ms: number }[]
}

/** onAnyStudent, and onStudentCreate or onStudentUpdate. */
const functionsPerEvent = 2

export function effectsOf(
  accepted: readonly Answer[],
  changes: readonly NamedChange[],
  effects: readonly LastEffect[]
): CommandEffects {
  const changesByName = Map.groupBy(changes, ({ name }) => name)
  const effectByChange = new Map(effects.map(effect => [`${effect.studentId}/${effect.sequence}`, effect]))
  let missing = 0
  let twice = 0
  const delays: { scenario: string; sentAt: number; ms: number }[] = []
  for (const { kind, name, scenario, sentAt } of accepted) {
    const [change, another] = changesByName.get(name) ?? []
    const waits = kind === 'unknown-user'
    const effect = change && effectByChange.get(`${change.studentId}/${change.sequence}`)
    if (!effect || effect.functions < (waits ? 1 : functionsPerEvent)) missing++
    else if (!waits) delays.push({ scenario, sentAt, ms: effect.doneAtMs - sentAt })
    if (another) twice++
  }
  return { accepted: accepted.length, missing, twice, delays }
}

const everyMs = 500
const timeoutMs = 120_000

/** Waits until none is missing, and answers what is there when the time is over. */
export async function awaitEffects(
  { database, signal }: Stage,
  accepted: readonly Answer[],
  domain: string,
  since: Date
): Promise<CommandEffects> {
  const deadline = performance.now() + timeoutMs
  while (true) {
    const { rows } = await database.query<NamedChange>(
      `select t.name, t.student_id as "studentId", t.sequence from timeline t
       join students s on s.id = t.student_id where s.email like '%@' || $1`,
      [domain]
    )
    const seen = effectsOf(accepted, rows, await lastEffects(database, since))
    if (seen.missing === 0 || performance.now() > deadline) return seen
    await sleep(everyMs, undefined, { signal })
  }
}
