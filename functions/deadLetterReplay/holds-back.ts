import { sql } from 'drizzle-orm'

/**
 * Whether a letter holds the later events of its student back, by the name that it has in the query. It does not where
 * the fence has passed its place, nor where another event is held there: what follows waits for that one. A letter of
 * unknown origin never does.
 */
export const holdsBack = (letter: string) =>
  sql.raw(`(
    ${letter}.origin <> 'unverified' and not exists (
      select from fences
      where fences.function = ${letter}.function and fences.entity = ${letter}.entity
        and fences.sequence >= ${letter}.sequence
    ) and not exists (
      select from held_events rival
      where rival.function = ${letter}.function and rival.entity = ${letter}.entity
        and rival.sequence = ${letter}.sequence
        and (rival.source, rival.event_id) <> (${letter}.source, ${letter}.event_id)
    )
  )`)
