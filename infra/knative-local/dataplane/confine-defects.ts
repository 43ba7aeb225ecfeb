// A defect in code that belongs to no record (a timer, a socket, a promise nobody awaits) must not stop the sources: the process is
// shared by all of them, and what it keeps between records is rebuilt from Kafka at every join.
import type { Logger } from 'pino'

export interface ConfinedDefects {
  /** For the status: how many there were, and the last one. Empty without any. */
  problems(): string[]
}

/** From now on an exception that nothing caught is logged and shown in the status instead of ending the process. */
export function confineDefects(log: Pick<Logger, 'error'>, process: NodeJS.EventEmitter): ConfinedDefects {
  let count = 0
  let last = ''
  const confine = (thrown: unknown): void => {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    count++
    last = error.message
    log.error({ error: error.stack ?? error.message }, 'an exception that nothing caught: a defect of the data plane')
  }
  process.on('uncaughtException', confine)
  process.on('unhandledRejection', confine)
  return {
    problems: () => (count === 0 ? [] : [`${count} exceptions that nothing caught, the last one: ${last}`])
  }
}
