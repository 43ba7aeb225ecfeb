// What is done with dead letters, by deadLetterReplay's HTTP.
import { userInfo } from 'node:os'
import { z } from 'zod'
import { DiscardCommand } from '../../../functions/deadLetterReplay/discard-letter.ts'
import { ReplayRequest } from '../../../functions/deadLetterReplay/letter-filter.ts'
import { ResendCommand } from '../../../functions/deadLetterReplay/resend-letter.ts'
import { Discarded, Job, Started } from '../../dead-letters/replay-api.ts'
import { askReplay } from '../reads/letters/ask-replay.ts'
import { defineAction } from './action.ts'

const letterId = z.uuid('must be the id of a letter')

/** Starts a job; it continues without the page. */
export const startReplay = defineAction({
  input: ReplayRequest.omit({ dryRun: true }),
  run: async (sources, command) => (await askReplay(sources))(Started, 'POST', '/', command)
})

export const abortReplay = defineAction({
  input: z.object({ id: z.uuid('must be the id of a replay') }),
  run: async (sources, { id }) => (await askReplay(sources))(Job, 'POST', `/jobs/${id}/abort`)
})

export const discardLetter = defineAction({
  input: DiscardCommand.extend({ id: letterId }),
  run: async (sources, { id, reason }) => (await askReplay(sources))(Discarded, 'POST', `/${id}/discard`, { reason })
})

/** The edit is kept with the name of whoever runs the console. */
export const editLetter = defineAction({
  input: ResendCommand.omit({ by: true }).extend({ id: letterId }),
  async run(sources, { id, ...edit }) {
    const ask = await askReplay(sources)
    return ask(Started, 'POST', `/${id}/resend`, { ...edit, by: userInfo().username })
  }
})
