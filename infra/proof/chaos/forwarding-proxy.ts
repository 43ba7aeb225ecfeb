// Stands between a data plane and a function. What happens to a delivery on its way there and back is up to `handle`.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { listenOnLoopback } from '../../knative-local/testing.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** `forward` hands the delivery to the function. Without an answer the connection is broken off. */
export type Handle = (
  headers: Readonly<Record<string, string>>,
  forward: () => Promise<Answer>
) => Promise<Answer | undefined>

export interface ForwardingProxy {
  readonly url: string
  close(): Promise<void>
}

const requestTimeoutMs = 20_000

export async function startForwardingProxy(target: string, handle: Handle): Promise<ForwardingProxy> {
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const headers = Object.fromEntries(
      Object.entries(request.headers).flatMap(([name, value]) =>
        typeof value === 'string' && !hopByHop.has(name) ? [[name, value]] : []
      )
    )
    const body = await buffer(request)
    const answered = await handle(headers, async () => {
      const passed = await fetch(new URL(request.url ?? '/', target), {
        method: request.method,
        headers,
        body,
        signal: AbortSignal.timeout(requestTimeoutMs)
      })
      return {
        status: passed.status,
        headers: Object.fromEntries([...passed.headers].filter(([name]) => !hopByHop.has(name))),
        body: Buffer.from(await passed.arrayBuffer())
      }
    })
    if (answered === undefined) response.destroy()
    else response.writeHead(answered.status, answered.headers).end(answered.status === 204 ? undefined : answered.body)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  const port = await listenOnLoopback(server)
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    }
  }
}

const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'host', 'content-length', 'expect'])
