// The HTTP side of Brokers and KafkaSinks: an event comes in, a record is written, 202. Statuses and their order are those of
// Knative's receiver: 200 for probes, 405, 404, 400, 503.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { guarded } from '../../http/guard.ts'
import type { CloudEvent } from '../events/cloud-event.ts'
import { NotACloudEvent } from '../events/event-builder.ts'
import { eventToRecord, type ContentMode, type NewRecord } from '../events/event-to-record.ts'
import { MAX_REQUEST_HEADER_BYTES, whyNotCarried, type HeaderBudget } from '../events/header-budget.ts'
import { httpToEvent } from '../events/http-to-event.ts'
import { listenOnLoopback } from '../../http/loopback.ts'
import type { Observer } from '../observer.ts'
import { requestPath } from '../../http/request-path.ts'
import { continueTrace, type TraceHeaders, traceOfHttp } from '../events/trace-context.ts'

export interface Ingress {
  readonly topic: string
  /** Resolves once all in-sync replicas have the record. */
  write(record: NewRecord): Promise<void>
  readonly contentMode: ContentMode
  /** A KafkaSink takes dead letters too. */
  readonly budget: HeaderBudget
}

/** Ingresses by their path, `/namespace/name`. */
export type Ingresses = ReadonlyMap<string, Ingress>

/** Above every budget, so that an event over its budget hears why; more than this is answered with 431. */
const MAX_HEADER_BYTES = 2 * MAX_REQUEST_HEADER_BYTES

/** It quotes what came in. */
const MAX_REASON_LENGTH = 500

/** Above Kafka's limit for a record, so that no record that fits is refused; more is not read. */
const MAX_BODY_BYTES = 2 * 1024 * 1024

export interface IngressServer {
  readonly port: number
  close(): Promise<void>
}

export interface IngressPort {
  /** What a person changes when the port is taken. */
  readonly option: string
  /** The Service in front of it in a cluster, `name.namespace`. */
  readonly clusterName: string
}

export const brokerIngress: IngressPort = {
  option: '--ingress-port',
  clusterName: 'kafka-broker-ingress.knative-eventing'
}
export const sinkIngress: IngressPort = { option: '--sink-port', clusterName: 'kafka-sink-ingress.knative-eventing' }

export async function listen(
  port: number,
  { option, clusterName }: IngressPort,
  ingresses: () => Ingresses,
  log: Logger,
  observer?: Observer
): Promise<IngressServer> {
  const respond = guarded([clusterName], (request, response) => {
    handle(request, ingresses(), log, observer).then(
      given => answer(response, given),
      (error: Error) => {
        log.warn({ error: error.message, path: request.url }, 'request failed')
        if (!response.headersSent) answer(response, { status: 503 })
      }
    )
  })
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, respond)
  server.maxHeadersCount = 0 // Node drops headers beyond a count in silence
  // The original's server sends no 100 and knows no expectation: the sender waits as long as it likes, and then sends its body.
  // https://vertx.io/docs/apidocs/io/vertx/core/http/HttpServerOptions.html#DEFAULT_HANDLE_100_CONTINE_AUTOMATICALLY
  server.on('checkContinue', respond)
  server.on('checkExpectation', respond)
  // Longer than a sender's: when both close a connection that has been idle, the sender's next event meets a reset.
  server.keepAliveTimeout = 75_000
  return { port: await listenOnLoopback(server, port, option), close: () => close(server) }
}

interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Why it was refused. */
  readonly reason?: string
}

async function handle(
  request: IncomingMessage,
  ingresses: Ingresses,
  log: Logger,
  observer: Observer | undefined
): Promise<Answer> {
  const path = requestPath(request.url)
  const isGet = request.method === 'GET'
  if (isGet && (path === '/healthz' || path === '/readyz')) return { status: 200 }
  // https://github.com/knative/networking/blob/main/pkg/http/header/header.go
  const isProbe = isGet && request.headers['k-network-probe'] === 'probe'
  if (request.method !== 'POST' && !isProbe) return { status: 405 }

  const ingress = ingresses.get(path.endsWith('/') ? path.slice(0, -1) : path)
  if (ingress === undefined) {
    log.warn({ path }, `nothing is at ${path}`)
    return { status: 404 }
  }
  if (isProbe) return { status: 200, headers: { 'K-Network-Hash': String(request.headers['k-network-hash'] ?? '') } }

  const body = await readBody(request)
  if (body === undefined) {
    log.warn({ path }, `refused an event of more than ${MAX_BODY_BYTES} bytes`)
    return { status: 503 }
  }
  let event: CloudEvent
  try {
    event = httpToEvent(request.rawHeaders, body)
  } catch (error) {
    if (!(error instanceof NotACloudEvent)) throw error
    log.warn({ path, error: error.message }, 'refused a request that is no CloudEvent')
    return { status: 400, reason: `not a CloudEvent: ${error.message}` }
  }
  const reason = whyNotCarried(event, ingress.budget)
  if (reason !== undefined) {
    log.warn({ path, error: reason }, 'refused an event that could not be delivered')
    return { status: 400, reason }
  }
  const trace = traceOfHttp(request.rawHeaders)
  const write = (headers: TraceHeaders) => ingress.write(eventToRecord(event, ingress.contentMode, headers))
  try {
    await (observer ? observer.write(ingress.topic, trace, write) : write(continueTrace(trace)))
    return { status: 202 }
  } catch (error) {
    log.error({ path, topic: ingress.topic, error: (error as Error).message }, 'the event could not be written')
    return { status: 503 }
  }
}

/** undefined when it is too large; the rest is then read and forgotten, so that the sender sees the answer. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk)
  }
  return bytes <= MAX_BODY_BYTES ? Buffer.concat(chunks) : undefined
}

function answer(response: ServerResponse, { status, headers, reason }: Answer): void {
  const body = Buffer.from(reason === undefined ? '' : `${reason.slice(0, MAX_REASON_LENGTH)}\n`)
  const type = reason === undefined ? {} : { 'content-type': 'text/plain; charset=utf-8' }
  response.writeHead(status, { ...headers, ...type, 'content-length': body.length }).end(body)
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>(resolve => server.close(() => resolve()))
  server.closeIdleConnections()
  await closed
}
