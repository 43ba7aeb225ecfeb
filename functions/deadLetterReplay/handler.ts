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
import { ReplayDeadLettersSchema } from '../../schemas/generated/school/student/v1/replay_dead_letters_pb.ts'
import { eventKey, idempotencyKey } from '../runtime/events/answer-once.ts'
import { readEventCommand, readJsonCommand } from '../runtime/events/command.ts'
import { expiryOf } from '../runtime/events/expiry.ts'
import { receiveEvent } from '../runtime/events/receive-event.ts'
import { claimsToBeEvent } from '../runtime/events/received-event.ts'
import type { Database } from '../runtime/host/database.ts'
import type { Log } from '../runtime/host/log.ts'
import type { Route, Routes } from '../runtime/host/router.ts'
import { ReplayCommand, ReplayRequest } from './letter-filter.ts'
import { type OperatorOptions, operatorRoutes } from './operator-routes.ts'
import { previewReplay } from './replay-job.ts'
import { answerWithReplay, createStartCommand } from './start-command.ts'
import { storeDeadLetter } from './store-dead-letter.ts'
import { userAppeared } from './user-appeared.ts'

const name = 'deadLetterReplay'

export interface DeadLetterReplayOptions extends OperatorOptions {
  /** Replays of one letter before it is left to a person. */
  readonly replayLimit: number
}

export interface DeadLetterReplayRoutes {
  /** What Knative sends. */
  readonly deliveries: Routes
  /** What a person asks for; its `POST /` takes what that of the deliveries takes too. */
  readonly operations: Routes
}

export function deadLetterReplay(db: Database, log: Log, options: DeadLetterReplayOptions): DeadLetterReplayRoutes {
  const { functionUrls, replayLimit, wake } = options
  const { start, keepDryRun } = createStartCommand(db, replayLimit, wake)

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
      return answerWithReplay(db, await start(command, idempotencyKey(request.headers['idempotency-key'])))
    },
    ...operatorRoutes(db, options)
  }

  return { deliveries, operations }
}
