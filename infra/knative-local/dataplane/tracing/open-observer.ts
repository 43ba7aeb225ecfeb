// The observer that makes spans, where spans are wanted.
import type { Logger } from 'pino'
import type { Observer } from '../observer.ts'
import { isTracingWanted } from './wanted.ts'

export async function openObserver(env: NodeJS.ProcessEnv, log: Logger): Promise<Observer | undefined> {
  if (!isTracingWanted(env)) return undefined
  const [{ startTracing }, { traceRecords }] = await Promise.all([
    import('./start-tracing.ts'),
    import('./trace-records.ts')
  ])
  return traceRecords(startTracing('dataplane', env, (facts, message) => log.warn(facts, message)))
}
