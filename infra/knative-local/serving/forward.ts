// One request from a client to an instance and its answer back, both streamed.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { AnswerHead } from './answer-reader.ts'
import { endToEnd, requestHead } from './end-to-end-headers.ts'
import type { Exchange, InstanceConnections, Sink } from './instance-connections.ts'
import type { RequestBody } from './request-body.ts'
import type { RequestTarget } from './request-target.ts'

/** How a request ended: `not sent` means that no instance can have seen it. */
export type Outcome = 'answered' | 'not sent' | 'lost' | 'timeout'

export interface Forwarded {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly target: RequestTarget
  readonly body: RequestBody
}

/** For a client that is still sending when the answer is complete. */
const lingerMs = 1_000
/** A body of so much is written in one piece with the head of its answer. */
const maxJoinedBytes = 8 * 1024

export function forward(
  connections: InstanceConnections,
  one: Forwarded,
  timeoutMs: number,
  end: (outcome: Outcome) => void
): void {
  const { request, target, body } = one
  const forwarding = new Forwarding(one, timeoutMs, end)
  const head = requestHead(request, target, body)
  forwarding.exchange = connections.send(request.method ?? '', head, body, forwarding)
}

class Forwarding implements Sink {
  exchange: Exchange | undefined
  readonly #one: Forwarded
  readonly #end: (outcome: Outcome) => void
  readonly #timer: NodeJS.Timeout
  readonly #clientGone = (): void => void (this.#one.response.writableFinished || this.#breakOff('lost'))
  #ended = false

  constructor(one: Forwarded, timeoutMs: number, end: (outcome: Outcome) => void) {
    this.#one = one
    this.#end = end
    this.#timer = setTimeout(() => this.#breakOff('timeout'), timeoutMs)
    one.response.once('close', this.#clientGone)
  }

  onInformation(head: AnswerHead): void {
    const { request, response } = this.#one
    if (!this.#ended && !response.headersSent && request.httpVersion !== '1.0') writeInformation(response, head)
  }

  onHead({ status, reason, rawHeaders, connection }: AnswerHead): void {
    const { response } = this.#one
    if (this.#ended) return
    if (response.destroyed) return this.#breakOff('lost')
    response.writeHead(status, reason, endToEnd(rawHeaders, connection))
  }

  onBody(bytes: Buffer): void {
    const { response } = this.#one
    if (this.#ended || response.destroyed || response.write(Buffer.from(bytes))) return
    this.exchange?.pause()
    response.once('drain', () => void (this.#ended || this.exchange?.resume()))
  }

  onEnd(last: Buffer | undefined): void {
    const { request, response } = this.#one
    if (this.#ended) return // the rest of a cut answer
    this.#finish('answered')
    if (last === undefined) response.end()
    else if (last.length <= maxJoinedBytes) response.end(last.toString('latin1'), 'latin1')
    else response.end(Buffer.from(last))
    if (!request.complete) letGo(request)
  }

  onError(error: Error): void {
    this.#finish(wasNeverSent(error, this.#one.body) ? 'not sent' : 'lost')
  }

  #breakOff(outcome: Outcome): void {
    this.#finish(outcome)
    this.exchange?.abort()
  }

  #finish(outcome: Outcome): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#timer)
    this.#one.response.off('close', this.#clientGone)
    this.#end(outcome)
  }
}

/**
 * Reads and drops what the client still sends, for a moment: closing at once would reset the answer away. `connection:
 * close` would do just that, as Node closes with the last byte of the answer.
 */
export function letGo(request: IncomingMessage): void {
  request.resume()
  const timer = setTimeout(() => request.destroy(), lingerMs)
  request.once('close', () => clearTimeout(timer))
}

/**
 * Every 1xx is passed on to the client, as RFC 9110 15.2 asks of a proxy; Node has methods for three of them only. The answer to an
 * earlier request of the same connection goes first: until then this one has no socket.
 */
function writeInformation(response: ServerResponse, { status, reason, rawHeaders }: AnswerHead): void {
  const headers = rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`))
  const bytes = Buffer.from(`HTTP/1.1 ${status} ${reason}\r\n${headers.join('')}\r\n`, 'latin1')
  if (response.socket) response.socket.write(bytes)
  else response.once('socket', (socket: Socket) => socket.write(bytes))
}

/** A refused connection, and nothing of a stream used up. */
function wasNeverSent(error: Error, body: RequestBody): boolean {
  return 'code' in error && error.code === 'ECONNREFUSED' && (body === null || Buffer.isBuffer(body))
}
