// Connections to one instance. Each carries one request at a time and stays open for the next one.
//
// In place of node:http's client, whose objects, listeners and timers of a request cost half of what the port takes for it (decision 0043).
import { connect, type Socket } from 'node:net'
import type { IncomingMessage } from 'node:http'
import { AnswerReader, type AnswerSink } from './answer-reader.ts'
import type { RequestBody } from './request-body.ts'

export interface Sink extends AnswerSink {
  /** With the last bytes of a body of known length, which are another's after the call. The connection is free. */
  onEnd(last: Buffer | undefined): void
  /** The connection, or what came by it, is no good. */
  onError(error: Error): void
}

export interface Exchange {
  /** The answer is read on when `resume` is called. */
  pause(): void
  resume(): void
  /** Breaks it off; nothing of it is heard of any more. */
  abort(): void
}

export interface InstanceConnections {
  /** `head` ends with its empty line, and says of a body that is sent as it comes what its encoding is. */
  send(method: string, head: string, body: RequestBody, sink: Sink): Exchange
  close(): void
}

/** Idle connections are closed before the 75 s after which a function closes them. */
const maxIdleMs = 60_000
const sweepMs = 1_000
/** Larger ones are not copied to go with their head. */
const maxJoinedBytes = 8 * 1024
/** Of all connections: what is read is used before the next read. */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024)

interface Idle {
  readonly connection: Connection
  readonly untilMs: number
}

export function openConnections(port: number): InstanceConnections {
  const open = new Set<Connection>()
  /** The one that was used last is used next, so that those that are not needed end. */
  let idle: Idle[] = []
  let sweeping: NodeJS.Timeout | undefined

  function closeOld(): void {
    const now = performance.now()
    for (const { connection } of idle.filter(({ untilMs }) => untilMs <= now)) connection.abort()
    if (idle.length === 0) stopSweeping()
  }
  function stopSweeping(): void {
    clearInterval(sweeping)
    sweeping = undefined
  }

  function take(): Connection {
    for (let last = idle.pop(); last; last = idle.pop()) {
      if (last.untilMs > performance.now()) return last.connection
      last.connection.abort()
    }
    const connection = new Connection(port, {
      free(keepAliveMs) {
        idle.push({ connection, untilMs: performance.now() + Math.min(keepAliveMs, maxIdleMs) })
        sweeping ??= setInterval(closeOld, sweepMs).unref()
      },
      closed() {
        open.delete(connection)
        idle = idle.filter(one => one.connection !== connection)
      }
    })
    open.add(connection)
    return connection
  }

  return {
    send(method, head, body, sink) {
      const connection = take()
      connection.send(method, head, body, sink)
      return connection
    },
    close() {
      stopSweeping()
      for (const connection of open) connection.abort()
    }
  }
}

interface Owner {
  free(keepAliveMs: number): void
  closed(): void
}

class Connection implements Exchange {
  readonly #socket: Socket
  readonly #owner: Owner
  #reader: AnswerReader | undefined
  #sink: Sink | undefined
  /** Stops the sending of a body that has not been sent whole. */
  #stopSending: (() => void) | undefined

  constructor(port: number, owner: Owner) {
    this.#owner = owner
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: length => {
          this.#take(readBuffer.subarray(0, length))
          return true
        }
      }
    })
    this.#socket.once('end', () => this.#ended())
    this.#socket.on('error', error => this.#fail(error))
    this.#socket.once('close', () => this.#fail(new Error('the connection was closed')))
  }

  send(method: string, head: string, body: RequestBody, sink: Sink): void {
    this.#sink = sink
    this.#reader = new AnswerReader(method, sink)
    if (body === null) this.#socket.write(head, 'latin1')
    else if (!Buffer.isBuffer(body)) this.#sendStream(head, body)
    else if (body.length <= maxJoinedBytes) this.#socket.write(head + body.toString('latin1'), 'latin1')
    else {
      this.#socket.cork()
      this.#socket.write(head, 'latin1')
      this.#socket.write(body)
      this.#socket.uncork()
    }
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  abort(): void {
    this.#leave()
    this.#socket.destroy()
    this.#owner.closed()
  }

  #sendStream(head: string, body: IncomingMessage): void {
    const socket = this.#socket
    const isChunked = body.headers['content-length'] === undefined
    const more = (): unknown => body.resume()
    const take = (bytes: Buffer): void => {
      if (isChunked) {
        socket.cork()
        socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1')
        socket.write(bytes)
      }
      if (!socket.write(isChunked ? '\r\n' : bytes)) body.pause()
      if (isChunked) socket.uncork()
    }
    const complete = (): void => {
      this.#stopSending?.()
      if (isChunked) socket.write('0\r\n\r\n')
    }
    this.#stopSending = () => {
      this.#stopSending = undefined
      socket.off('drain', more)
      body.off('data', take).off('end', complete)
    }
    socket.write(head, 'latin1')
    socket.on('drain', more)
    body.on('data', take).once('end', complete)
    body.resume()
  }

  #take(bytes: Buffer): void {
    const reader = this.#reader
    if (!reader) return this.abort() // nobody has asked for it
    try {
      reader.take(bytes)
    } catch (error) {
      return this.#fail(error as Error)
    }
    if (this.#reader === reader && reader.isComplete) this.#complete(reader)
  }

  /** The instance sends nothing more. */
  #ended(): void {
    const reader = this.#reader
    if (!reader) return this.abort()
    try {
      reader.end()
    } catch (error) {
      return this.#fail(error as Error)
    }
    this.#complete(reader)
  }

  #complete({ keepAliveMs, last }: AnswerReader): void {
    const sink = this.#sink
    const isWhole = this.#stopSending === undefined
    if (isWhole && keepAliveMs > 0 && this.#socket.writable) {
      this.#leave()
      this.#socket.resume() // the end may have come with what it was paused after
      this.#owner.free(keepAliveMs)
    } else this.abort()
    sink?.onEnd(last)
  }

  #fail(error: Error): void {
    const sink = this.#sink
    this.abort()
    sink?.onError(error)
  }

  #leave(): void {
    this.#stopSending?.()
    this.#sink = undefined
    this.#reader = undefined
  }
}
