// What an event waits for, in a sentence, with the address where one can see it.
import type { Pool } from 'pg'
import { formatSequence } from '../../../../functions/runtime/delivery/position.ts'
import type { FunctionOutcome, KnownRecord } from './outcomes.ts'
import type { Sources } from '../sources.ts'

export interface WaitsFor {
  readonly sentence: string
  /** In this console. */
  readonly href: string | null
}

export async function whatItWaitsFor(
  { database, groups }: Pick<Sources, 'database' | 'groups'>,
  { function: name, outcome }: FunctionOutcome,
  record: KnownRecord,
  group: string | undefined
): Promise<WaitsFor | null> {
  if (outcome === 'held') return heldBehind(database, name, record)
  if (outcome === 'letter') return letterWaitsFor(database, name, record)
  if (outcome === 'failing')
    return { sentence: 'It is tried again, later each time, until it succeeds or becomes a letter.', href: null }
  if (outcome !== 'waiting') return null
  const { topic, partition, offset } = record
  const newest = await groups.latest().catch(() => undefined)
  const committed = newest?.groups.get(group ?? '')?.committed.get(`${topic}/${partition}`)
  const sentence =
    committed === undefined
      ? `Group ${group} has not read ${topic}/${partition} yet.`
      : `Group ${group} is at offset ${committed} of ${topic}/${partition}: ${offset - committed} ${offset - committed === 1 ? 'record comes' : 'records come'} first.`
  return { sentence, href: `/groups/${encodeURIComponent(group ?? '')}` }
}

interface Held {
  readonly entity: string
  readonly predecessor: number
  readonly fence: number
}

async function heldBehind(database: Pool, name: string, { source, id }: KnownRecord): Promise<WaitsFor | null> {
  const { rows } = await database.query<Held>(
    `select h.entity, coalesce(h.predecessor, h.sequence - 1) as predecessor, coalesce(f.sequence, 0) as fence
     from held_events h left join fences f on f.function = h.function and f.entity = h.entity
     where h.function = $1 and h.source = $2 and h.event_id = $3`,
    [name, source, id]
  )
  const [held] = rows
  if (held === undefined) return null // released since
  const { entity, predecessor, fence } = held
  const letters = await database.query<{ id: string; sequence: number; reason: string; waits_for: string | null }>(
    `select id, sequence, reason, waits_for from dead_letters
     where function = $1 and entity = $2 and sequence > $3 and sequence <= $4 and state in ('open', 'replaying')
     order by sequence limit 1`,
    [name, entity, fence, predecessor]
  )
  const [letter] = letters.rows
  if (letter) {
    const also = letter.waits_for === null ? '' : `, which waits for ${inWords(letter.waits_for)}`
    return {
      sentence: `It waits for sequence ${letter.sequence} of ${entity}, a dead letter (${letter.reason})${also}. Replay or discard that, and this follows.`,
      href: `/letters/${letter.id}`
    }
  }
  const missing = await database.query<{ id: string }>(
    'select id from outbox where subject = $1 and sequence = $2 limit 1',
    [entity, formatSequence(predecessor)]
  )
  const [row] = missing.rows
  return row
    ? {
        sentence: `It waits for sequence ${predecessor} of ${entity}, which ${name} has not handled yet.`,
        href: `/events/id/${row.id}`
      }
    : { sentence: `It waits for sequence ${predecessor} of ${entity}, which is in no outbox row any more.`, href: null }
}

async function letterWaitsFor(database: Pool, name: string, { source, id }: KnownRecord): Promise<WaitsFor | null> {
  const { rows } = await database.query<{ id: string; waits_for: string | null }>(
    'select id, waits_for from dead_letters where function = $1 and source = $2 and event_id = $3',
    [name, source, id]
  )
  const [letter] = rows
  if (letter === undefined) return null
  const sentence =
    letter.waits_for === null
      ? 'It waits for somebody: replay, edit or discard the letter.'
      : `It waits for ${inWords(letter.waits_for)}; then it is replayed automatically.`
  return { sentence, href: `/letters/${letter.id}` }
}

/** `user:user-9`: the user user-9, to appear. */
function inWords(key: string): string {
  const colon = key.indexOf(':')
  return colon === -1 ? key : `the ${key.slice(0, colon)} ${key.slice(colon + 1)} to appear`
}
