// Why a student is active, or is not, in words.
import type { Effect } from './student-effects.ts'
import type { StudentRows } from './student-rows.ts'

export interface StudentStatus {
  readonly status: 'active' | 'behind' | 'not active' | 'deleted'
  readonly title: string
  /** What stands in the way, the first first. */
  readonly reasons: readonly { readonly sentence: string; readonly href: string | null }[]
}

/** Of reasons in one answer. */
const maxReasons = 5
const done: ReadonlySet<string> = new Set(['applied', 'resolved', 'taken', 'answered'])

/** @param writers the functions that write the directory */
export function statusOf(
  { student, directory, events, user }: StudentRows,
  effects: readonly Effect[],
  writers: ReadonlySet<string>
): StudentStatus {
  const reasons = reasonsOf(events, effects, writers)
  if (student === null) {
    const isGone = directory === null || directory.status === 'deleted'
    return isGone
      ? { status: 'deleted', title: 'It was deleted; only its history is left.', reasons: [] }
      : { status: 'deleted', title: 'It was deleted, and the directory does not show that yet.', reasons }
  }
  if (directory?.status === 'active') {
    if (directory.version >= student.version)
      return { status: 'active', title: 'It is active, and the directory shows its newest version.', reasons: [] }
    const title = `It is active, and the directory shows version ${directory.version} of ${student.version}.`
    return { status: 'behind', title, reasons }
  }
  const title =
    directory === null
      ? 'It is not active: nothing of it is in the directory yet.'
      : `It is not active: its directory entry is ${directory.status}, because a change was applied and its creation was not.`
  if (reasons.length > 0) return { status: 'not active', title, reasons }
  const sentence = user
    ? 'None of its events is kept any more, so what became of its creation is unknown. The audit may show it.'
    : `Its user ${student.userId} does not exist.`
  return { status: 'not active', title, reasons: [{ sentence, href: user ? '/audit' : null }] }
}

function reasonsOf(
  events: StudentRows['events'],
  effects: readonly Effect[],
  writers: ReadonlySet<string>
): StudentStatus['reasons'] {
  return events
    .flatMap(event =>
      effects
        .filter(effect => effect.eventId === event.id && writers.has(effect.function) && !done.has(effect.outcome))
        .map(effect => ({
          sentence:
            `${event.type.split('.').at(-1)} (sequence ${event.sequence}) ${wordsOf(effect)} ${effect.waitsFor?.sentence ?? ''}`.trim(),
          href: effect.waitsFor?.href ?? (effect.letterId === null ? null : `/letters/${effect.letterId}`)
        }))
    )
    .slice(0, maxReasons)
}

function wordsOf({ outcome, function: name, reason, detail, errors }: Effect): string {
  const why = (detail || reason).replace(/\.$/, '')
  if (outcome === 'letter') return `is a dead letter in ${name}: ${why}.`
  if (outcome === 'discarded') return `was discarded in ${name} (${why}): ${name} will never handle it.`
  if (outcome === 'held') return `reached ${name} before its turn.`
  if (outcome === 'failing') return `fails in ${name}: ${errors.at(-1)?.error ?? reason}.`
  return `has not reached ${name}.`
}
