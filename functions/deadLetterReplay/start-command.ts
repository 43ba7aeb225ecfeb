// One code path for every way in: a job in the database, then a word to the replayer.
import * as z from 'zod'
import { answerOnce, eventKey } from '../runtime/events/answer-once.ts'
import { expiryOf } from '../runtime/events/expiry.ts'
import type { ReceivedEvent } from '../runtime/events/received-event.ts'
import type { Database } from '../runtime/host/database.ts'
import type { FunctionAnswer } from '../runtime/host/http-server.ts'
import type { ReplayCommand, ReplayRequest } from './letter-filter.ts'
import { awaitReplay, startReplay } from './replay-job.ts'

const name = 'deadLetterReplay'
const StartedReplay = z.object({ jobId: z.string() })

export interface StartCommand {
  /** Answers the id of the job; the same one for a key that has come before. */
  start(command: ReplayRequest, key: string | undefined, expiresAt?: Date): Promise<string>
  /** Nobody hears of a dry run that came as an event; its answer is kept all the same, for the audit to find. */
  keepDryRun(request: ReplayCommand, event: ReceivedEvent): Promise<void>
}

export function createStartCommand(db: Database, replayLimit: number, wake: () => void): StartCommand {
  return {
    async start(command, key, expiresAt) {
      const answer = await answerOnce(db, { function: name, key, request: command, expiresAt }, async tx => ({
        status: 200,
        body: { jobId: await startReplay(tx, command, replayLimit) }
      }))
      wake()
      return StartedReplay.parse(answer.body).jobId
    },
    async keepDryRun(request, event) {
      const command = { function: name, key: eventKey(event), request, expiresAt: expiryOf(event) }
      await answerOnce(db, command, async () => ({ status: 204 }))
    }
  }
}

/** Waits a moment for the replay: a small one is over by then. */
export async function answerWithReplay(db: Database, jobId: string): Promise<FunctionAnswer> {
  const answer = await awaitReplay(db, jobId)
  return { status: answer.job.state === 'running' ? 202 : 200, headers: { location: `/jobs/${jobId}` }, body: answer }
}
