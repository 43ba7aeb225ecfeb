// Keeps dead letters and replays them.
//
//   POST /dead-letters      KafkaSource on student_dead_letter     (knative/dead-letter-replay.yaml)
//   POST /users             KafkaSource on db.public.users: a missing user has appeared
//   POST /                  ReplayDeadLetters as an event through the Broker or `func invoke`
//
// For operators, on a port of their own where OPERATOR_PORT names one:
//
//   POST /                  ReplayDeadLetters as JSON, or as an event
//   GET  /  /groups  /:id   the letters, decoded; / and /:id also as CloudEvents, where Accept asks for their JSON format
//   POST /:id/discard       gives an event up
//   POST /:id/resend        edits an event's data and sends it
//   GET  /failing           events that fail and are still tried again, with their errors
//   POST /failing/retry     sends them to their functions at once, after a fix
//   GET  /jobs  /jobs/:id   replays and what they did with each letter
//   POST /jobs/:id/abort
import * as z from 'zod'
import { ReplayDeadLettersSchema } from '../../schemas/generated/school/student/v1/replay_dead_letters_pb.ts'
import { answerOnce, eventKey, idempotencyKey } from '../runtime/events/answer-once.ts'
import { readEventCommand, readJsonCommand } from '../runtime/events/command.ts'
import type { Database } from '../runtime/host/database.ts'
import { expiryOf } from '../runtime/events/expiry.ts'
import type { FunctionAnswer } from '../runtime/host/http-server.ts'
import type { Log } from '../runtime/host/log.ts'
import { Problem } from '../runtime/host/problem.ts'
import { receiveEvent } from '../runtime/events/receive-event.ts'
import { claimsToBeEvent, type ReceivedEvent } from '../runtime/events/received-event.ts'
import type { Route, Routes } from '../runtime/host/router.ts'
import { createDecoder } from './decode-data.ts'
import { DiscardCommand, discardLetter } from './discard-letter.ts'
import { asksFor, batchFormat, eventFormat } from './letter-as-event.ts'
import { GroupQuery, LetterQuery, readQuery, ReplayCommand, ReplayRequest } from './letter-filter.ts'
import { FailingQuery, readFailing } from './read-failing.ts'
import { groupLetters, readLetter, readLetterEvent, readLetterEvents, readLetters } from './read-letters.ts'
import {
  abortReplay,
  awaitReplay,
  describeReplay,
  listReplays,
  previewReplay,
  readReplayResults,
  startReplay
} from './replay-job.ts'
import { ResendCommand, resendLetter } from './resend-letter.ts'
import { RetryCommand, retryFailing } from './retry-failing.ts'
import { storeDeadLetter } from './store-dead-letter.ts'
import { userAppeared } from './user-appeared.ts'

const name = 'deadLetterReplay'
const StartedReplay = z.object({ jobId: z.string() })

export interface DeadLetterReplayOptions {
  readonly functionUrls: ReadonlyMap<string, string>
  /** Replays of one letter before it is left to a person. */
  readonly replayLimit: number
  readonly registryUrl: string | undefined
  /** Wakes the replayer: there is work. */
  wake(): void
}

export interface DeadLetterReplayRoutes {
  /** What Knative sends. */
  readonly deliveries: Routes
  /** What a person asks for; its `POST /` takes what that of the deliveries takes too. */
  readonly operations: Routes
}

export function deadLetterReplay(db: Database, log: Log, options: DeadLetterReplayOptions): DeadLetterReplayRoutes {
  const { functionUrls, replayLimit, wake } = options
  const decode = createDecoder(options.registryUrl)

  /** One code path for every way in: a job in the database, then a word to the replayer. */
  async function start(command: ReplayRequest, key: string | undefined, expiresAt?: Date): Promise<string> {
    const answer = await answerOnce(db, { function: name, key, request: command, expiresAt }, async tx => ({
      status: 200,
      body: { jobId: await startReplay(tx, command, replayLimit) }
    }))
    wake()
    return StartedReplay.parse(answer.body).jobId
  }

  /** Nobody hears of a dry run that came as an event; its answer is kept all the same, for the audit to find. */
  async function keepDryRun(request: ReplayCommand, event: ReceivedEvent): Promise<void> {
    const command = { function: name, key: eventKey(event), request, expiresAt: expiryOf(event) }
    await answerOnce(db, command, async () => ({ status: 204 }))
  }

  async function answerWith(jobId: string): Promise<FunctionAnswer> {
    const answer = await awaitReplay(db, jobId)
    return { status: answer.job.state === 'running' ? 202 : 200, headers: { location: `/jobs/${jobId}` }, body: answer }
  }

  const commandEvent: Route = request =>
    receiveEvent(name, log, request, async event => {
      const command = readEventCommand(event, ReplayDeadLettersSchema, ReplayCommand)
      if (!command.dryRun) await start(command, eventKey(event), expiryOf(event))
      else await keepDryRun(command, event)
      return { outcome: command.dryRun ? 'dry run' : 'replay started' }
    })

  const deliveries: Routes = {
    'POST /dead-letters': request =>
      receiveEvent(name, log, request, async event => ({
        outcome: await storeDeadLetter(db, event, functionUrls)
      })),
    'POST /users': request =>
      receiveEvent(name, log, request, async event => {
        const due = await userAppeared(db, event)
        if (due > 0) wake()
        return { outcome: `${due} ${due === 1 ? 'letter' : 'letters'} due` }
      }),
    'POST /': commandEvent
  }

  const operations: Routes = {
    'POST /': async (request, id) => {
      if (claimsToBeEvent(request.headers)) return commandEvent(request, id)
      const command = readJsonCommand(request, ReplayRequest)
      if (command.dryRun) return { status: 200, body: await previewReplay(db, command, replayLimit) }
      return answerWith(await start(command, idempotencyKey(request.headers['idempotency-key'])))
    },
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
      const answer = await answerWith(jobId)
      const [result] = await readReplayResults(db, jobId)
      if (result?.result !== 'failed') return answer
      throw new Problem(422, 'edited-event-refused', 'The edited event was refused', result.detail ?? '')
    }
  }

  return { deliveries, operations }
}

const withoutAfter = (query: URLSearchParams) => [...query].filter(([parameter]) => parameter !== 'after')
