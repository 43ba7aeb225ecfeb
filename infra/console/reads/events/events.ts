// Events over all topics, newest last: the live tail, what a filter finds in it, and older ones by a range of time.
import { z } from 'zod'
import type { Plan } from '../../../knative-local/plans.ts'
import { followersIn } from './followers.ts'
import { type FunctionOutcome, outcomesOf, outcomes as knownOutcomes, placeOf } from './outcomes.ts'
import { defineRead } from '../read.ts'
import { recordsBetween } from './records-between.ts'
import type { SeenRecord } from './seen-record.ts'
import type { Sources } from '../sources.ts'
import { topicsOf } from './topics.ts'

export interface EventRow extends Omit<SeenRecord, 'event' | 'key' | 'raw'> {
  /** False for a record that is no CloudEvent. */
  readonly isEvent: boolean
}

export interface EventPage {
  /** In chronological order. */
  readonly rows: readonly EventRow[]
  /** To be given as `after` with the next question. */
  readonly cursor: string
  /** That many more match, older than the rows. */
  readonly more: number
  /** Records looked through, and since when the oldest of them is. */
  readonly lookedThrough: number
  readonly oldest: string | null
}

const when = z.iso.datetime({ offset: true }).optional()
/** Of previews in an answer; the event's own page has all of it. */
const shownPreview = 300

const Filter = z.object({
  topic: z.string().optional(),
  function: z.string().optional(),
  type: z.string().optional(),
  student: z.string().optional(),
  outcome: z.enum(knownOutcomes).optional(),
  text: z.string().optional(),
  since: when,
  until: when
})
type Filter = z.infer<typeof Filter>

export const events = defineRead({
  description: 'Events over all topics by function, type, student, outcome, text in the decoded data, and time.',
  input: Filter.extend({
    /** The `cursor` of the answer before: only what came since. */
    after: z.string().optional(),
    limit: z.coerce.number().int().min(1).max(10_000).default(500)
  }),
  async run(sources, { after, limit, ...filter }): Promise<EventPage> {
    const { plan } = await sources.cluster()
    const window = await sources.records.look(topicsOf(plan))
    const [generation, number] = after?.split(' ') ?? []
    const from = generation === window.generation ? Number(number) : 0
    const kept = window.arrived.slice(firstAfter(window.arrived, from)).map(({ record }) => record)
    const oldestMs = Math.min(...window.arrived.map(({ record }) => record.atMs))
    const isOlderWanted = filter.since !== undefined && Date.parse(filter.since) < oldestMs && from === 0
    const records = isOlderWanted
      ? await recordsBetween(sources.kafka, filter.topic ? [filter.topic] : topicsOf(plan), filter)
      : kept
    const found = await matching(sources, plan, records, filter, limit)
    return {
      rows: found.rows.map(rowOf),
      cursor: `${window.generation} ${window.last}`,
      more: found.more,
      lookedThrough: records.length,
      oldest: Number.isFinite(oldestMs) ? new Date(oldestMs).toISOString() : null
    }
  }
})

const maxPlaces = 200

export const outcomes = defineRead({
  description:
    'What became of events, function by function; their places are TOPIC/PARTITION/OFFSET, separated by commas.',
  input: z.object({ places: z.string().transform(text => text.split(',').filter(Boolean).slice(0, maxPlaces)) }),
  async run(sources, { places }): Promise<Readonly<Record<string, readonly FunctionOutcome[]>>> {
    const records = places.flatMap(place => {
      const [, topic = '', partition, offset] = /^(.+)\/(\d+)\/(\d+)$/.exec(place) ?? []
      return sources.records.find(topic, Number(partition), Number(offset)) ?? []
    })
    return Object.fromEntries(await lookUp(sources, records))
  }
})

function rowOf({ event, key: _key, raw: _raw, preview, ...row }: SeenRecord): EventRow {
  return { ...row, isEvent: event !== undefined, preview: preview.slice(0, shownPreview) }
}

/** They are in the order of their numbers. */
function firstAfter(arrived: readonly { readonly number: number }[], number: number): number {
  const [first] = arrived
  return first === undefined ? 0 : Math.max(0, number - first.number + 1)
}

/** Outcomes are looked up for so many at once. */
const lookedUpAtOnce = 500

async function matching(sources: Sources, plan: Plan, records: readonly SeenRecord[], filter: Filter, limit: number) {
  const matches = matcher(plan, filter)
  const found = inOrder(records.filter(matches))
  if (filter.outcome === undefined) return { rows: found.slice(-limit), more: Math.max(0, found.length - limit) }
  const rows: SeenRecord[] = []
  for (let end = found.length; end > 0 && rows.length < limit; end -= lookedUpAtOnce) {
    const chunk = found.slice(Math.max(0, end - lookedUpAtOnce), end)
    const known = await lookUp(sources, chunk)
    const isWanted = ({ outcome, function: name }: FunctionOutcome) =>
      outcome === filter.outcome && (filter.function === undefined || name === filter.function)
    rows.unshift(...chunk.filter(record => known.get(placeOf(record))?.some(isWanted)))
  }
  return { rows: rows.slice(-limit), more: 0 }
}

async function lookUp(sources: Sources, records: readonly SeenRecord[]) {
  const [{ plan }, newest] = await Promise.all([sources.cluster(), sources.groups.latest().catch(() => undefined)])
  return outcomesOf(records, { database: sources.database, plan, newest })
}

export function matcher(plan: Plan, filter: Filter): (record: SeenRecord) => boolean {
  const followersOf = followersIn(plan)
  const text = filter.text?.toLowerCase()
  const [since, until] = [Date.parse(filter.since ?? ''), Date.parse(filter.until ?? '')]
  return record => {
    const { topic, type, subject, atMs, preview, id, function: failed } = record
    if (filter.topic && topic !== filter.topic) return false
    if (filter.type && type !== filter.type && !type.endsWith(`.${filter.type}`)) return false
    if (filter.student && subject !== filter.student && record.key !== filter.student) return false
    if (atMs < since || atMs > until) return false // never true of a time that is not given
    if (text && ![preview, id, subject].some(place => place.toLowerCase().includes(text))) return false
    return (
      !filter.function ||
      failed === filter.function ||
      followersOf(record).some(one => one.function === filter.function)
    )
  }
}

function inOrder(records: readonly SeenRecord[]): SeenRecord[] {
  return records.toSorted(
    (a, b) => a.atMs - b.atMs || a.topic.localeCompare(b.topic) || a.partition - b.partition || a.offset - b.offset
  )
}
