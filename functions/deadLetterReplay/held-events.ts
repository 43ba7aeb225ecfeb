// Held events whose turn has come while nobody was delivering for their student: after a crash between two of them,
// or because the letter before them was discarded.
import { sql } from 'drizzle-orm'
import type { Database } from '../runtime/host/database.ts'
import type { EventAttributes } from '../runtime/events/received-event.ts'
import { editOf } from '../runtime/delivery/edits.ts'
import { ownsPlace } from './letter-origin.ts'

/** At once; the next poll continues. */
const maxEvents = 16
/** Younger ones are most likely being driven by the delivery that held them. */
const minAge = '2 seconds'

export interface HeldEvent {
  readonly function: string
  readonly entity: string
  readonly attributes: EventAttributes
  readonly data: Buffer
}

/** Held events that are next in line and have no letter. */
export async function findDrivable(db: Database): Promise<HeldEvent[]> {
  const { rows } = await db.execute<HeldEvent & Record<string, unknown>>(sql`
    select held.function, held.entity, held.attributes, coalesce(${sql.raw(editOf('held'))}, held.data) as data
    from held_events held
    join fences on fences.function = held.function and fences.entity = held.entity
    where coalesce(held.predecessor, held.sequence - 1) <= fences.sequence and held.held_at < now() - ${minAge}::interval
    order by held.held_at limit ${maxEvents}`)
  return rows
}

/** Moves fences over discarded letters, also over those that were discarded before their turn. */
export async function advanceFences(db: Database): Promise<void> {
  await db.execute(sql`
    update fences set sequence = letter.sequence
    from dead_letters letter
    where letter.state = 'discarded' and letter.function = fences.function and letter.entity = fences.entity
      and fences.sequence between coalesce(letter.predecessor, letter.sequence - 1) and letter.sequence - 1
      and ${ownsPlace('letter')}
      and not exists (
        select from dead_letters another
        where another.function = letter.function and another.entity = letter.entity
          and another.sequence = letter.sequence and another.state in ('open', 'replaying')
      )
      -- Another event that is held there is next in line.
      and not exists (
        select from held_events held
        where held.function = letter.function and held.entity = letter.entity
          and held.sequence = letter.sequence and (held.source, held.event_id) <> (letter.source, letter.event_id)
      )`)
  // An event that was held when its letter was discarded: nobody will ask for it.
  await db.execute(sql`
    delete from held_events using fences, dead_letters letter
    where held_events.function = fences.function and held_events.entity = fences.entity
      and held_events.sequence <= fences.sequence
      and letter.function = held_events.function and letter.source = held_events.source
      and letter.event_id = held_events.event_id and letter.state = 'discarded'`)
}
