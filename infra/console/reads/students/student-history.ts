// Everything that happened to a student, in chronological order.
import type { Effect } from './student-effects.ts'
import type { LetterRow, StudentRows } from './student-rows.ts'

export interface Happening {
  readonly at: string
  readonly kind: 'accepted' | 'applied' | 'held' | 'failed' | 'letter' | 'edited' | 'closed' | 'user'
  /** Of the event that it is about. */
  readonly sequence: number | null
  readonly type: string | null
  readonly function: string | null
  readonly words: string
  /** In this console. */
  readonly href: string | null
}

/** Oldest first; what is at one moment in the order of sequences. */
export function historyOf({ events, letters, user }: StudentRows, effects: readonly Effect[]): Happening[] {
  const byId = new Map(events.map(event => [event.id, event]))
  const of = ({ eventId, function: name }: Pick<Effect, 'eventId' | 'function'>) => ({
    sequence: byId.get(eventId)?.sequence ?? null,
    type: byId.get(eventId)?.type ?? null,
    function: name
  })
  const accepted = events.map(({ id, source, type, sequence, at }): Happening => ({
    at,
    kind: 'accepted',
    sequence,
    type,
    function: null,
    words: 'written to the outbox with its row',
    href: `/events/id/${encodeURIComponent(id)}?source=${encodeURIComponent(source)}`
  }))
  const made = effects.flatMap((effect): Happening[] => {
    const { at, outcome, waitsFor } = effect
    if (at === null) return []
    return outcome === 'held'
      ? [
          {
            at,
            kind: 'held',
            ...of(effect),
            words: waitsFor?.sentence ?? 'waits for its turn',
            href: waitsFor?.href ?? null
          }
        ]
      : [{ at, kind: 'applied', ...of(effect), words: 'its effect was committed', href: null }]
  })
  const failed = effects.flatMap(effect =>
    effect.errors.map(({ at, error }): Happening => ({
      at,
      kind: 'failed',
      ...of(effect),
      words: error,
      href: effect.letterId === null ? null : `/letters/${effect.letterId}`
    }))
  )
  const firstErrorOf = (letterId: string) => effects.find(effect => effect.letterId === letterId)?.errors[0]?.at
  const written = letters.flatMap(letter => happeningsOf(letter, firstErrorOf(letter.id)))
  const appeared = user && {
    at: user.createdAt,
    kind: 'user' as const,
    sequence: null,
    type: null,
    function: null,
    words: `its user ${user.id} was inserted`,
    href: null
  }
  return [...accepted, ...made, ...failed, ...written, ...(appeared ? [appeared] : [])].toSorted(
    (one, other) =>
      Date.parse(one.at) - Date.parse(other.at) ||
      (one.sequence ?? 0) - (other.sequence ?? 0) ||
      order.indexOf(one.kind) - order.indexOf(other.kind)
  )
}

/** Of a letter: written, edited, closed. */
function happeningsOf(letter: LetterRow, firstErrorAt: string | undefined): Happening[] {
  const about = {
    sequence: letter.sequence,
    type: letter.type,
    function: letter.function,
    href: `/letters/${letter.id}`
  }
  const { editedAt, closedAt } = letter
  const happenings: Happening[] = [
    {
      ...about,
      at: later(letter.firstFailedAt, firstErrorAt),
      kind: 'letter',
      words: `${letter.reason}: ${letter.detail}`
    }
  ]
  if (editedAt !== null) {
    const words = `${letter.editedBecause ?? ''} (${letter.editedBy ?? 'somebody'})`
    happenings.push({ ...about, at: editedAt, kind: 'edited', words })
  }
  if (closedAt !== null) {
    happenings.push({ ...about, at: closedAt, kind: 'closed', words: letter.closedBecause ?? letter.state })
  }
  return happenings
}

/** Of what is at one moment: causes first. */
const order: readonly Happening['kind'][] = [
  'user',
  'accepted',
  'failed',
  'letter',
  'edited',
  'held',
  'applied',
  'closed'
]

/** A letter's own time is the start of its transaction, which is before the failure that it is kept for. */
function later(at: string, failedAt: string | undefined): string {
  return failedAt !== undefined && Date.parse(failedAt) > Date.parse(at) ? failedAt : at
}
