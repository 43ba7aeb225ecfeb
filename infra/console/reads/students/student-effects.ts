// What each function made of a student's events, and when.
import type { Pool } from 'pg'
import { type FunctionOutcome, type KnownRecord, outcomesOf, placeOf } from '../events/outcomes.ts'
import type { Sources } from '../sources.ts'
import type { EventRow, LetterRow } from './student-rows.ts'
import { followersIn } from '../events/followers.ts'
import { type WaitsFor, whatItWaitsFor } from '../events/waits-for.ts'

export interface Effect extends FunctionOutcome {
  readonly eventId: string
  /** When the effect was committed, or the event held; null otherwise. */
  readonly at: string | null
  readonly errors: readonly { readonly at: string; readonly error: string }[]
  readonly letterId: string | null
  /** Of its letter. */
  readonly detail: string
  readonly waitsFor: WaitsFor | null
}

interface Facts {
  readonly function: string
  readonly id: string
  readonly at: Date | null
  readonly errors: Effect['errors'] | null
}

const statement = `
  select f.function, e.id, coalesce(h.handled_at, w.held_at) as at, x.errors
  from unnest($1::text[]) f (function) cross join unnest($2::text[], $3::text[], $4::int[]) e (source, id, sequence)
  left join handled_events h on h.function = f.function and h.source = e.source and h.event_id = e.id
  left join held_events w on w.function = f.function and w.entity = $5 and w.sequence = e.sequence and w.event_id = e.id
  left join failures x on x.function = f.function and x.source = e.source and x.event_id = e.id`

export async function studentEffects(
  sources: Sources,
  student: string,
  events: readonly EventRow[],
  letters: readonly LetterRow[]
): Promise<Effect[]> {
  const view = await sources.cluster()
  const newest = await sources.groups.latest().catch(() => undefined)
  const records = events.flatMap(recordOf)
  const outcomes = await outcomesOf(
    records.map(({ record }) => record),
    { database: sources.database, plan: view.plan, newest: undefined }
  )
  const known = records.map(one => ({ ...one, outcomes: outcomes.get(placeOf(one.record)) ?? [] }))
  const functions = [...new Set(known.flatMap(one => one.outcomes.map(outcome => outcome.function)))]
  const facts = await factsOf(sources.database, functions, student, events)
  const followersOf = followersIn(view.plan)
  return Promise.all(
    known.flatMap(({ event, record, outcomes: made }) => {
      const followers = followersOf(record)
      return made.map(async (outcome, index): Promise<Effect> => {
        const fact = facts.get(`${outcome.function} ${event.id}`)
        const letter = letters.find(one => one.function === outcome.function && one.eventId === event.id)
        const group = followers[index]?.group ?? ''
        const lag = newest?.groups.get(group)?.lag ?? 0
        const waitsFor =
          outcome.outcome === 'waiting'
            ? { sentence: onItsWay(group, lag), href: `/groups/${encodeURIComponent(group)}` }
            : await whatItWaitsFor(sources, outcome, record, group)
        return {
          ...outcome,
          eventId: event.id,
          at: fact?.at?.toISOString() ?? null,
          errors: fact?.errors ?? [],
          letterId: letter?.id ?? null,
          detail: letter?.detail ?? '',
          waitsFor
        }
      })
    })
  )
}

/** Where its record is in Kafka is not known, nor needed: what functions did with it is in the database. */
function recordOf(event: EventRow, index: number): { event: EventRow; record: KnownRecord }[] {
  const { topic, id, source } = event
  if (topic === null) return []
  return [{ event, record: { topic, partition: index, offset: Number.MAX_SAFE_INTEGER, event: undefined, id, source } }]
}

async function factsOf(
  database: Pool,
  functions: readonly string[],
  student: string,
  events: readonly EventRow[]
): Promise<Map<string, Facts>> {
  if (functions.length === 0) return new Map()
  const { rows } = await database.query<Facts>(statement, [
    functions,
    events.map(({ source }) => source),
    events.map(({ id }) => id),
    events.map(({ sequence }) => sequence),
    student
  ])
  return new Map(rows.map(row => [`${row.function} ${row.id}`, row]))
}

function onItsWay(group: string, lag: number): string {
  return lag > 0
    ? `Group ${group} is ${lag} ${lag === 1 ? 'record' : 'records'} behind and will reach this one.`
    : `Group ${group} has read all that is in Kafka: the event is still on its way there. The page Parts shows whether its connector runs.`
}
