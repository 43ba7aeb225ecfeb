// Keeps dead letters and replays them.
//
//   POST /dead-letters   KafkaSource on student_dead_letter     (knative/dead-letter-replay.yaml)
//   POST /users          KafkaSource on db.public.users: a missing user has appeared
//   POST /               ReplayDeadLetters as JSON, or as an event through the Broker or `func invoke`
//   GET  /               the letters, decoded
import { ReplayDeadLettersSchema } from '../../schemas/generated/school/student/v1/replay_dead_letters_pb.ts'
import { readEventCommand, readJsonCommand } from '../shared/command.ts'
import { loadConfig } from '../shared/config.ts'
import { invalidFields } from '../shared/problem.ts'
import { receiveEvent } from '../shared/receive-event.ts'
import { claimsToBeEvent } from '../shared/received-event.ts'
import { serve } from '../shared/serve.ts'
import { DeadLetterReplayConfig } from './config.ts'
import { LetterQuery, ReplayCommand } from './letter-filter.ts'
import { readLetters } from './read-letters.ts'
import { awaitReplay, previewReplay, requestReplay } from './replay-letters.ts'
import { startReplayer } from './replayer.ts'
import { storeDeadLetter } from './store-dead-letter.ts'
import { userAppeared } from './user-appeared.ts'

const name = 'deadLetterReplay'
const config = loadConfig(DeadLetterReplayConfig)

serve(name, config, ({ connection: { db }, log }) => {
  const replayer = startReplayer(db, log, {
    functionUrls: config.FUNCTION_URLS,
    pollMs: config.REPLAY_POLL_MS,
    timeoutMs: config.REPLAY_TIMEOUT_MS
  })

  return {
    stop: () => replayer.stop(),
    routes: {
      'GET /': async request => {
        const query = LetterQuery.safeParse(Object.fromEntries(request.query))
        if (!query.success) throw invalidFields(query.error)
        return { status: 200, body: await readLetters(db, query.data) }
      },
      'POST /': async request => {
        if (claimsToBeEvent(request.headers)) {
          return receiveEvent(name, log, request, async event => {
            const command = readEventCommand(event, ReplayDeadLettersSchema, ReplayCommand)
            if (!command.dryRun) await requestReplay(db, command)
            replayer.wake()
          })
        }
        const command = readJsonCommand(request, ReplayCommand)
        if (command.dryRun) return { status: 200, body: await previewReplay(db, command) }
        const due = await requestReplay(db, command)
        replayer.wake()
        return { status: 200, body: await awaitReplay(db, due) }
      },
      'POST /dead-letters': request =>
        receiveEvent(name, log, request, event => storeDeadLetter(db, event, config.FUNCTION_URLS)),
      'POST /users': request =>
        receiveEvent(name, log, request, async event => {
          const due = await userAppeared(db, event)
          if (due > 0) replayer.wake()
          return `${due} letters due`
        })
    }
  }
})
