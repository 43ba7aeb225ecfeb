// Stands between a data plane and a function and breaks the answer, never the request: the function has done its work and
// committed it when the caller hears nothing, or hears it late.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

export type AnswerMode = 'pass' | 'lose' | 'slow'

export interface AnswerProxy {
  readonly url: string
  /** Requests that were passed on; answers that were lost or held up. */
  readonly counts: { passed: number; broken: number }
  close(): Promise<void>
}

const slowMs = 1_500
const requestTimeoutMs = 20_000
/** Events remembered, so that an answer is lost once and its repetition is not. */
const maxRemembered = 100_000

export async function startAnswerProxy(target: string, mode: AnswerMode): Promise<AnswerProxy> {
  const counts = { passed: 0, broken: 0 }
  const lost = new Set<string>()

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const headers = Object.fromEntries(
      Object.entries(request.headers).flatMap(([name, value]) =>
        typeof value === 'string' && !hopByHop.has(name) ? [[name, value]] : []
      )
    )
    const passed = await fetch(new URL(request.url ?? '/', target), {
      method: request.method,
      headers,
      body: await buffer(request),
      signal: AbortSignal.timeout(requestTimeoutMs)
    })
    const body = Buffer.from(await passed.arrayBuffer())
    counts.passed++
    const event = `${headers['ce-source']} ${headers['ce-id']}`
    if (mode === 'lose' && !lost.has(event) && lost.size < maxRemembered) {
      lost.add(event)
      counts.broken++
      response.destroy()
      return
    }
    if (mode === 'slow') {
      counts.broken++
      await sleep(slowMs)
    }
    const kept = [...passed.headers].filter(([name]) => !hopByHop.has(name))
    response.writeHead(passed.status, Object.fromEntries(kept)).end(passed.status === 204 ? undefined : body)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((fulfil, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', fulfil)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    counts,
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    }
  }
}

const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'host', 'content-length', 'expect'])
