// The subscriber of the recordings, which answers by path:
//   /ok 204            /200 200 with a text           /status/CODE that status (3xx: Location /ok/redirected)
//   /failN/N/CODE      the first N tries of an event fail
//   /failid/ID/CODE    only that event fails, others answer after 50 ms
//   /slow/MS 204 after that time     /reply, /replystruct an event     /reset breaks the connection     /big/CODE 3,000 bytes
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Received {
  readonly atMs: number
  readonly inFlight: number
  readonly method: string
  readonly path: string
  readonly headers: readonly (readonly [string, string])[]
  /** null: there was none, not even an empty one. */
  readonly body: Buffer | null
}

export class ConnectionReset extends Error {
  override name = 'ConnectionReset'
}

export class Subscriber {
  readonly received: Received[] = []
  private readonly tries = new Map<string, number>()
  private readonly inFlight = new Map<string, number>()

  /** `over`: the request ends, by the answer or because the caller gave up. */
  async answer(request: Omit<Received, 'atMs' | 'inFlight'>, over: Promise<unknown>): Promise<Answer> {
    const { path } = request
    const inFlight = (this.inFlight.get(path) ?? 0) + 1
    this.inFlight.set(path, inFlight)
    void over.finally(() => this.inFlight.set(path, (this.inFlight.get(path) ?? 1) - 1))
    this.received.push({ ...request, atMs: Date.now(), inFlight })
    const id = request.headers.find(([name]) => name === 'ce-id')?.[1] ?? ''
    return this.answerTo(path, id)
  }

  private async answerTo(path: string, id: string): Promise<Answer> {
    const [, kind, first = '', second = ''] = path.split('/')
    switch (kind) {
      case '200':
        return { status: 200, headers: { 'content-type': 'text/plain' }, body: 'just some text' }
      case 'status':
        return failure(Number(first), 'subscriber says no')
      case 'failN': {
        const tries = (this.tries.get(path + id) ?? 0) + 1
        this.tries.set(path + id, tries)
        return tries <= Number(first) ? failure(Number(second), 'not yet') : { status: 204 }
      }
      case 'failid':
        if (id === first) return { status: Number(second), body: 'this one fails' }
        await sleep(50)
        return { status: 204 }
      case 'slow':
        await sleep(Number(first))
        return { status: 204 }
      case 'reply':
        return {
          status: 200,
          headers: {
            'ce-specversion': '1.0',
            'ce-id': `reply-to-${id}`,
            'ce-type': 'reply',
            'ce-source': '/subscriber'
          },
          body: 'a reply'
        }
      case 'replystruct':
        return {
          status: 200,
          headers: { 'content-type': 'application/cloudevents+json' },
          body: JSON.stringify({ specversion: '1.0', id: `reply-to-${id}`, type: 'reply', source: '/subscriber' })
        }
      case 'reset':
        throw new ConnectionReset()
      case 'big':
        return failure(Number(first), 'x'.repeat(3000))
      default:
        return { status: 204 }
    }
  }
}

/** Not the promised timer of Node, which a test's clock does not move. */
function sleep(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}

function failure(status: number, body: string): Answer {
  const location: Record<string, string> = status >= 300 && status < 400 ? { location: '/ok/redirected' } : {}
  return { status, headers: { 'kne-foo': 'bar-ext', ...location }, body }
}

/** The subscriber behind HTTP, on a free port. */
export async function serveSubscriber(subscriber: Subscriber): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    void respond(subscriber, request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    }
  }
}

async function respond(subscriber: Subscriber, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const hasBody = request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined
  const headers: [string, string][] = []
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    headers.push([request.rawHeaders[i] ?? '', request.rawHeaders[i + 1] ?? ''])
  }
  try {
    const body = hasBody ? Buffer.concat(chunks) : null
    const over = new Promise(resolve => response.once('close', resolve))
    const answer = await subscriber.answer(
      { method: request.method ?? '', path: request.url ?? '', headers, body },
      over
    )
    response.writeHead(answer.status, answer.headers).end(answer.body)
  } catch (error) {
    if (!(error instanceof ConnectionReset)) throw error
    request.socket.destroy()
  }
}
