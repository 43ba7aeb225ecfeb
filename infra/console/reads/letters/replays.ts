// Replays: what one would do before it is started, those that there were, and how one is going.
import { z } from 'zod'
import { ReplayRequest } from '../../../../functions/deadLetterReplay/letter-filter.ts'
import { Jobs, Preview, Refused, WholeJob } from '../../../dead-letters/replay-api.ts'
import { askReplay } from './ask-replay.ts'
import { defineRead, NotFound } from '../read.ts'

const { function: functionName, reason, type, student, since, until, text } = ReplayRequest.shape

/** Which letters, as an address says it. */
const Chosen = z.strictObject({
  function: functionName,
  reason,
  type,
  student,
  since,
  until,
  text,
  ids: z
    .string()
    .transform(given => given.split(','))
    .optional(),
  force: z.stringbool().default(false),
  unverified: z.stringbool().default(false)
})

export const replayPreview = defineRead({
  description: 'A dry run: which open letters a replay would send, in which order, with warnings. Nothing is sent.',
  input: Chosen,
  run: async (sources, chosen) => (await askReplay(sources))(Preview, 'POST', '/', { ...chosen, dryRun: true })
})

export const replayJobs = defineRead({
  description: 'Replays of dead letters with their progress, newest first.',
  input: z.object({}),
  run: async sources => (await askReplay(sources))(Jobs, 'GET', '/jobs')
})

export const replayJob = defineRead({
  description: 'One replay: its progress, and what it did with each letter.',
  input: z.object({ id: z.uuid('must be the id of a replay') }),
  async run(sources, { id }): Promise<WholeJob> {
    const ask = await askReplay(sources)
    return ask(WholeJob, 'GET', `/jobs/${id}`).catch((error: unknown) => {
      throw error instanceof Refused ? new NotFound(error.message) : error
    })
  }
})
