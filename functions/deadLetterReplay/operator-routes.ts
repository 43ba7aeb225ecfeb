// What an operator asks for besides a replay: the letters, what fails now, the replays, and what to do with one letter.
import { readJsonCommand } from '../runtime/events/command.ts'
import type { Database } from '../runtime/host/database.ts'
import { Problem } from '../runtime/host/problem.ts'
import type { Routes } from '../runtime/host/router.ts'
import { answerWithReplay } from './start-command.ts'
import { createDecoder } from './decode-data.ts'
import { DiscardCommand, discardLetter } from './discard-letter.ts'
import { asksFor, batchFormat, eventFormat } from './letter-as-event.ts'
import { GroupQuery, LetterQuery, readQuery } from './letter-filter.ts'
import { FailingQuery, readFailing } from './read-failing.ts'
import { groupLetters, readLetter, readLetterEvent, readLetterEvents, readLetters } from './read-letters.ts'
import { abortReplay, describeReplay, listReplays, readReplayResults } from './replay-job.ts'
import { ResendCommand, resendLetter } from './resend-letter.ts'
import { RetryCommand, retryFailing } from './retry-failing.ts'

export interface OperatorOptions {
  readonly functionUrls: ReadonlyMap<string, string>
  readonly registryUrl: string | undefined
  /** Wakes the replayer: there is work. */
  wake(): void
}

export function operatorRoutes(db: Database, { functionUrls, registryUrl, wake }: OperatorOptions): Routes {
  const decode = createDecoder(registryUrl)
  return {
    'GET /': async ({ headers, query }) => {
      const wanted = readQuery(LetterQuery, query)
      const vary = { vary: 'accept' }
      if (!asksFor(batchFormat, headers)) {
        return { status: 200, headers: vary, body: await readLetters(db, wanted, decode) }
      }
      const { events, next } = await readLetterEvents(db, wanted)
      // A batch is an array of events and nothing else: the way to the next page is in the header of RFC 8288.
      const link = next && { link: `</?${new URLSearchParams([...withoutAfter(query), ['after', next]])}>; rel="next"` }
      return { status: 200, headers: { ...vary, 'content-type': batchFormat, ...link }, body: events }
    },
    'GET /groups': async request => ({
      status: 200,
      body: await groupLetters(db, readQuery(GroupQuery, request.query))
    }),
    'GET /failing': async request => ({
      status: 200,
      body: await readFailing(db, readQuery(FailingQuery, request.query))
    }),
    'POST /failing/retry': async request => ({
      status: 200,
      body: await retryFailing(db, readJsonCommand(request, RetryCommand), functionUrls)
    }),
    'GET /jobs': async () => ({ status: 200, body: await listReplays(db) }),
    'GET /jobs/:id': async (_request, id) => ({
      status: 200,
      body: { ...(await describeReplay(db, id)), results: await readReplayResults(db, id) }
    }),
    'POST /jobs/:id/abort': async (_request, id) => {
      await abortReplay(db, id)
      return { status: 200, body: await describeReplay(db, id) }
    },
    'GET /:id': async ({ headers }, id) => {
      const vary = { vary: 'accept' }
      if (!asksFor(eventFormat, headers)) {
        return { status: 200, headers: vary, body: await readLetter(db, id, decode) }
      }
      return { status: 200, headers: { ...vary, 'content-type': eventFormat }, body: await readLetterEvent(db, id) }
    },
    'POST /:id/discard': async (request, id) => {
      const { reason } = readJsonCommand(request, DiscardCommand)
      const discarded = await discardLetter(db, id, reason)
      wake()
      return { status: 200, body: discarded }
    },
    'POST /:id/resend': async (request, id) => {
      const jobId = await resendLetter(db, id, readJsonCommand(request, ResendCommand))
      wake()
      const answer = await answerWithReplay(db, jobId)
      const [result] = await readReplayResults(db, jobId)
      if (result?.result !== 'failed') return answer
      throw new Problem(422, 'edited-event-refused', 'The edited event was refused', result.detail ?? '')
    }
  }
}

const withoutAfter = (query: URLSearchParams) => [...query].filter(([parameter]) => parameter !== 'after')
