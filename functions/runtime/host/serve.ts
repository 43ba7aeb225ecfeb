// Starts a function: its server, what an error becomes, and its orderly end.
import type { HostConfig } from './config.ts'
import { describeError, isDatabaseUnavailable, isDataRefused } from './database-errors.ts'
import {
  createHttpServer,
  type FunctionAnswer,
  type FunctionRequest,
  type HttpServer,
  problemAnswer
} from './http-server.ts'
import { createLog, type Log } from './log.ts'
import { Problem, unavailable, unexpected } from './problem.ts'
import { route, type Routes } from './router.ts'
import { inRequestSpan } from './tracing/request-span.ts'
import { openSpansWith } from './tracing/spans.ts'
import { isTracingWanted } from './tracing/wanted.ts'

export interface ServedFunction {
  readonly routes: Routes
  /** Listens on the loopback of the pod: reached by who may forward a port to it, and by no request of another pod. */
  readonly inPod?: { readonly port: number; readonly routes: Routes }
  /** Whether it can do its work: what it needs answers, its tables are there. A throw is a no. */
  isReady?(): Promise<boolean>
  /** Ends what runs beside the requests, within the time that they have to drain. */
  stop?(timeoutMs: number): Promise<void>
  /** After that. */
  close?(): Promise<void>
}

/** Builds the function, listens on PORT, and on SIGTERM or SIGINT drains and ends the process. */
export function serve(name: string, config: HostConfig, build: (log: Log) => ServedFunction): void {
  const log = createLog(name, config.LOG_LEVEL)
  const fn = build(log)

  const isReady = async () => {
    try {
      return (await fn.isReady?.()) ?? true
    } catch {
      return false
    }
  }

  /** Returns how to drain it. */
  function listen(
    serverName: string,
    routes: Routes,
    port: number,
    host: string,
    message: string
  ): HttpServer['drain'] {
    const { server, drain } = createHttpServer(
      serverName,
      request => inRequestSpan(request, one => answer(one, routes, log)),
      isReady
    )
    server.on('error', error => {
      log.fatal({ reason: error.message }, `cannot listen on port ${port}`)
      process.exit(1)
    })
    server.listen(port, host, () => {
      const address = server.address()
      const actual = typeof address === 'object' ? address?.port : port
      log.info({ port: actual, startedInMs: Math.round(process.uptime() * 1_000) }, message)
    })
    return drain
  }

  const drains: HttpServer['drain'][] = []
  let closeSpans: (() => Promise<void>) | undefined
  const begin = (): void => {
    drains.push(listen(name, fn.routes, config.PORT, config.HOST, 'listening'))
    if (fn.inPod) {
      const { port, routes } = fn.inPod
      drains.push(listen(`${name}-in-pod`, routes, port, '127.0.0.1', 'listening inside the pod'))
    }
  }
  // The first request is to have its span as well. Where none are wanted, nothing of it is loaded.
  const beginTraced = async (): Promise<void> => {
    try {
      const { createSpans } = await import('./tracing/open-spans.ts')
      const spans = createSpans(process.env.K_SERVICE ?? name, process.env, log)
      openSpansWith(spans.open)
      closeSpans = spans.close
    } catch (error) {
      log.warn(describeError(error), 'no spans are made')
    }
    begin()
  }
  if (isTracingWanted(process.env)) void beginTraced()
  else begin()

  let stopping = false
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return
    stopping = true
    log.info({ signal }, 'draining')
    await Promise.all([...drains.map(drain => drain(config.DRAIN_TIMEOUT_MS)), fn.stop?.(config.DRAIN_TIMEOUT_MS)])
    await fn.close?.()
    await closeSpans?.()
    log.info('stopped')
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

async function answer(request: FunctionRequest, routes: Routes, log: Log): Promise<FunctionAnswer> {
  try {
    return await route(routes, request)
  } catch (error) {
    if (error instanceof Problem) return problemAnswer(error)
    if (isDatabaseUnavailable(error)) {
      log.warn(describeError(error), 'the database is not available')
      return problemAnswer(unavailable('the database does not answer; try again'))
    }
    if (isDataRefused(error)) {
      log.warn(describeError(error), 'the database refused the values of a request')
      return problemAnswer(
        new Problem(400, 'invalid-values', 'Invalid values', 'the database cannot keep these values')
      )
    }
    log.error(describeError(error), 'unexpected failure')
    return problemAnswer(unexpected())
  }
}
