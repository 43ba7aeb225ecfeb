import { sql } from 'drizzle-orm'
import { ReplayDeadLettersSchema } from '../../schemas/generated/school/student/v1/replay_dead_letters_pb.ts'
import { defineService } from '../runtime/define-service.ts'
import { commandAnswers } from '../runtime/tables/commands.ts'
import { fences, handledEvents, heldEvents } from '../runtime/tables/deliveries.ts'
import { deadLetters, failures } from '../runtime/tables/letters.ts'
import { outbox } from '../runtime/tables/publishing.ts'
import { replayItems, replayJobs } from '../runtime/tables/replays.ts'
import { DeadLetterReplayConfig } from './config.ts'
import { deadLetterReplay } from './handler.ts'
import { startReplayer } from './replayer.ts'

export default defineService({
  name: 'deadLetterReplay',
  config: DeadLetterReplayConfig,
  commands: [ReplayDeadLettersSchema.typeName],
  reads: [handledEvents, outbox, failures], // was a letter's event published, and what did it fail with?
  // A discarded letter moves its fence, and a replay that an event asks for is done once.
  writes: [deadLetters, fences, replayJobs, replayItems, commandAnswers],
  deletes: [heldEvents, replayJobs], // those that a fence has passed
  serve({ db, log, config }) {
    const { FUNCTION_URLS: functionUrls, REPLAY_LIMIT: replayLimit, REGISTRY_URL: registryUrl } = config
    const replayer = startReplayer(db, log, {
      functionUrls,
      replayLimit,
      pollMs: config.REPLAY_POLL_MS,
      timeoutMs: config.REPLAY_TIMEOUT_MS
    })
    const options = { functionUrls, replayLimit, registryUrl, wake: replayer.wake }
    const { deliveries, operations } = deadLetterReplay(db, log, options)
    const operatorPort = config.OPERATOR_PORT
    return {
      isReady: async () => {
        await db.execute(sql`select entity from dead_letters limit 1`) // throws while it is not migrated
        return true
      },
      stop: replayer.stop,
      ...(operatorPort === undefined
        ? { routes: { ...deliveries, ...operations } }
        : { routes: deliveries, inPod: { port: operatorPort, routes: operations } })
    }
  }
})
