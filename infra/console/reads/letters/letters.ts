// Dead letters: how many there are of each kind, a page of them, one of them whole, and what is failing and not a letter yet.
import { z } from 'zod'
import { GroupQuery, LetterQuery } from '../../../../functions/deadLetterReplay/letter-filter.ts'
import { FailingQuery } from '../../../../functions/deadLetterReplay/read-failing.ts'
import { FailingEvents, Groups, LetterPage, Refused, WholeLetter } from '../../../dead-letters/replay-api.ts'
import { askReplay } from './ask-replay.ts'
import { defineRead, NotFound } from '../read.ts'

export const letterGroups = defineRead({
  description: 'How many dead letters there are of each function, reason and state.',
  input: GroupQuery,
  run: async (sources, wanted) => (await askReplay(sources))(Groups, 'GET', `/groups?${queryOf(wanted)}`)
})

export const letters = defineRead({
  description: 'A page of dead letters, newest first, with their decoded data; `next` is `after` of the next page.',
  input: LetterQuery,
  run: async (sources, wanted) => (await askReplay(sources))(LetterPage, 'GET', `/?${queryOf(wanted)}`)
})

export const letter = defineRead({
  description: 'One dead letter: data, edit, failures with their stack, replays, and the events that it holds back.',
  input: z.object({ id: z.uuid('must be the id of a letter') }),
  async run(sources, { id }): Promise<WholeLetter> {
    const ask = await askReplay(sources)
    return ask(WholeLetter, 'GET', `/${id}`).catch((error: unknown) => {
      throw error instanceof Refused ? new NotFound(error.message) : error
    })
  }
})

export const failing = defineRead({
  description: 'Events that fail now and are tried again, with their errors; no letters yet.',
  input: FailingQuery,
  run: async (sources, wanted) => (await askReplay(sources))(FailingEvents, 'GET', `/failing?${queryOf(wanted)}`)
})

function queryOf(wanted: Readonly<Record<string, string | number | undefined>>): URLSearchParams {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(wanted)) if (value !== undefined) query.set(name, String(value))
  return query
}
