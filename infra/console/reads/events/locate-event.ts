// Where the record of an event is, by its id: in memory, where a failure was written down, or in Kafka around the time of its row.
import type { Sources } from '../sources.ts'
import { NotFound } from '../read.ts'
import { recordsBetween } from './records-between.ts'
import { topicsOf } from './topics.ts'

export interface Place {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** Around the moment of its row an event is looked for in Kafka: the clocks differ, and a connector may have been down for a while. */
const [beforeMs, afterMs] = [60_000, 15 * 60_000]

/** @throws NotFound */
export async function locateEvent(sources: Sources, id: string, source: string | undefined): Promise<Place> {
  const { plan } = await sources.cluster()
  await sources.records.look(topicsOf(plan))
  const isIt = (record: { readonly id: string; readonly source: string }) =>
    record.id === id && (source === undefined || record.source === source)
  const seen = sources.records.findById(id).find(isIt)
  if (seen) return seen
  const { rows: written } = await sources.database.query<Place>(
    `select topic, partition, "offset" from dead_letters where event_id = $1 and ($2::text is null or source = $2) and topic is not null
     union all
     select topic, partition, "offset" from failures where event_id = $1 and ($2::text is null or source = $2) and topic is not null
     limit 1`,
    [id, source ?? null]
  )
  const [place] = written
  if (place) return { topic: place.topic, partition: place.partition, offset: Number(place.offset) }
  const { rows } = await sources.database.query<{ topic: string; at: Date }>(
    'select topic, created_at as at from outbox where id::text = $1',
    [id]
  )
  const [row] = rows
  if (row === undefined) throw new NotFound(`No event ${id} is in memory, among the failures or in the outbox.`)
  const between = {
    since: new Date(row.at.getTime() - beforeMs).toISOString(),
    until: new Date(row.at.getTime() + afterMs).toISOString()
  }
  const found = (await recordsBetween(sources.kafka, [row.topic], between)).find(isIt)
  if (found === undefined) {
    throw new NotFound(
      `Event ${id} has a row in the outbox, of ${row.at.toISOString()}, and no record in ${row.topic}: it is on its way, or retention has removed it.`
    )
  }
  return found
}
