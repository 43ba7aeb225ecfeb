// The loopback endpoint through which `npm run local` sees and handles the parts of a running stack.
//
//   GET  /status                 every part with its pid and health
//   POST /parts/PART/ACTION      start, stop, kill, pause, resume, restart
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { z } from 'zod'
import { guarded } from './guard.ts'
import type { Part } from './parts.ts'

export const actions = ['start', 'stop', 'kill', 'pause', 'resume', 'restart'] as const
export type Action = (typeof actions)[number]

export const Status = z.object({
  healthy: z.boolean(),
  parts: z.array(
    z.object({ name: z.string(), pid: z.number().nullable(), healthy: z.boolean(), problem: z.string().optional() })
  ),
  /** Topics that are not as their YAML says, a sentence each. */
  topicProblems: z.array(z.string())
})
export type Status = z.infer<typeof Status>

export interface Control {
  readonly url: string
  close(): Promise<void>
}

export async function startControl(
  port: number,
  /** Asked each time: an edit adds and removes functions. */
  partsNow: () => readonly Part[],
  topicProblems: () => readonly string[],
  report: (sentence: string) => void
): Promise<Control> {
  const server = createServer(
    guarded([], (request, response) => {
      answer(request)
        .then(({ status, body }) => send(response, status, body))
        .catch((error: Error) => send(response, 500, { error: error.message }))
    })
  )

  async function answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    // A page in a browser can send requests to loopback too, but not without this header.
    if (request.headers.origin !== undefined) return { status: 403, body: { error: 'not for browsers' } }
    const parts = partsNow()
    const [, first, name, verb] = (request.url ?? '').split('/')
    if (request.method === 'GET' && first === 'status')
      return { status: 200, body: await statusOf(parts, topicProblems()) }
    const action = actions.find(known => known === verb)
    const part = parts.find(one => one.name === name)
    if (request.method !== 'POST' || first !== 'parts' || !action || !part) {
      const known = parts.map(one => one.name).join(', ')
      return {
        status: 404,
        body: { error: `Unknown part or action. Parts: ${known}. Actions: ${actions.join(', ')}.` }
      }
    }
    await act(part, action)
    report(`${part.name}: ${action} by npm run local`)
    return { status: 200, body: { name: part.name, pid: part.pid() ?? null } }
  }

  await new Promise<void>((fulfil, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => fulfil())
  })
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.close()
      server.closeAllConnections()
    }
  }
}

export async function statusOf(parts: readonly Part[], topicProblems: readonly string[] = []): Promise<Status> {
  const checked = await Promise.all(
    parts.map(async part => {
      const { name } = part
      const pid = part.pid() ?? null
      try {
        return { name, pid, healthy: await part.isHealthy() }
      } catch (error) {
        return { name, pid, healthy: false, problem: error instanceof Error ? error.message : String(error) }
      }
    })
  )
  return {
    healthy: topicProblems.length === 0 && checked.every(({ healthy }) => healthy),
    parts: checked,
    topicProblems: [...topicProblems]
  }
}

async function act(part: Part, action: Action): Promise<void> {
  if (action === 'start') await part.start()
  else if (action === 'stop') await part.stop()
  else if (action === 'kill') await part.kill()
  else if (action === 'pause') part.signal('SIGSTOP')
  else if (action === 'resume') part.signal('SIGCONT')
  else {
    await part.stop()
    await part.start()
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
}
