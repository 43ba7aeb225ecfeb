// Replays dead letters for a model: what would be sent, and only with `send` the replay itself. deadLetterReplay decides what each
// filter means, and does the work.
import { z } from 'zod'
import { Preview, replayApi, Started } from '../../dead-letters/replay-api.ts'
import { defineRead } from '../reads/read.ts'

const input = z.strictObject({
  ids: z.array(z.string()).min(1).max(100).optional().describe('of letters; without it the filters choose'),
  function: z.string().optional().describe('only letters of this function'),
  reason: z.string().optional().describe('only letters of this reason, such as user-not-found'),
  type: z.string().optional().describe('only letters of this type of event'),
  student: z.string().optional().describe('only letters of this student'),
  canary: z.number().int().positive().optional().describe('so many first, the others only when those succeed'),
  rate: z.number().int().positive().optional().describe('letters a second'),
  send: z
    .boolean()
    .default(false)
    .describe('true sends them. The default is a dry run, which says which letters it would be.')
})

export const replay = defineRead({
  description:
    'Dead letters that a replay would send again to the function that failed on them, with warnings: a dry run. With send: true it is done, and the answer is the job.',
  input,
  async run(sources, { send, ids, canary, rate, ...filters }) {
    const url = await sources.functionUrl('deadLetterReplay')
    if (url === undefined) throw new Error('No Service of deadLetterReplay has an address: replays are its work.')
    if (ids === undefined && Object.values(filters).every(value => value === undefined)) {
      throw new Error('Say which letters: ids, or at least one filter.')
    }
    const command = { name: 'mcp', ids, ...filters, canary, rate }
    const ask = replayApi(url)
    return send
      ? ask(Started, 'POST', '/', { ...command, dryRun: false })
      : ask(Preview, 'POST', '/', { ...command, dryRun: true })
  }
})
