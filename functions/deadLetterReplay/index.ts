import { sql } from 'drizzle-orm'
import { loadConfig } from '../runtime/host/config.ts'
import { serve } from '../runtime/host/serve.ts'
import { DeadLetterReplayConfig } from './config.ts'
import { deadLetterReplay } from './handler.ts'
import { startReplayer } from './replayer.ts'

const config = loadConfig(DeadLetterReplayConfig)

serve('deadLetterReplay', config, ({ connection: { db }, log }) => {
  const { FUNCTION_URLS: functionUrls, REPLAY_LIMIT: replayLimit, REGISTRY_URL: registryUrl } = config
  const replayer = startReplayer(db, log, {
    functionUrls,
    replayLimit,
    pollMs: config.REPLAY_POLL_MS,
    timeoutMs: config.REPLAY_TIMEOUT_MS
  })
  const { deliveries, operations } = deadLetterReplay(db, log, {
    functionUrls,
    replayLimit,
    registryUrl,
    wake: replayer.wake
  })
  const operatorPort = config.OPERATOR_PORT
  return {
    isReady: async () => {
      await db.execute(sql`select from dead_letters limit 1`) // throws while the table is not there
      return true
    },
    stop: replayer.stop,
    ...(operatorPort === undefined
      ? { routes: { ...deliveries, ...operations } }
      : { routes: deliveries, inPod: { port: operatorPort, routes: operations } })
  }
})
