// The loopback endpoint through which `npm run local` sees and handles the parts of a running stack.
//
//   GET  /status                 every part with its pid and health
//   POST /parts/PART/ACTION      start, stop, kill, pause, resume, restart; with the token of endpoints.json
//
// Other users of the machine reach the port too: only who may read the state folder acts on parts.
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { z } from 'zod'
import { guarded } from './http/guard.ts'
import type { Findings } from './stack/part.ts'
import type { PartProcess } from './stack/part-process.ts'

export const actions = ['start', 'stop', 'kill', 'pause', 'resume', 'restart'] as const
export type Action = (typeof actions)[number]

export const Status = z.object({
  healthy: z.boolean(),
  parts: z.array(
    z.object({
      name: z.string(),
      address: z.string(),
      pid: z.number().nullable(),
      healthy: z.boolean(),
      problem: z.string().optional()
    })
  ),
  /** Topics that are not as their YAML says, a sentence each. */
  topicProblems: z.array(z.string()),
  /** Why the last edit does not run, a line for each error, until it is corrected. */
  refusedEdits: z.array(z.string())
})
export type Status = z.infer<typeof Status>

export interface Control {
  readonly url: string
  /** Made at each start; to be sent as `Authorization: Bearer TOKEN`. */
  readonly token: string
  close(): Promise<void>
}

export async function startControl(
  port: number,
  /** Asked each time: an edit adds and removes functions. */
  partsNow: () => readonly PartProcess[],
  look: () => Findings & { readonly refusedEdits: readonly string[] },
  report: (sentence: string) => void
): Promise<Control> {
  const token = randomBytes(32).toString('base64url')
  const expected = Buffer.from(`Bearer ${token}`)
  const server = createServer(
    guarded([], (request, response) => {
      answer(request)
        .then(({ status, body, headers }) => send(response, status, body, headers))
        .catch((error: Error) => send(response, 500, { error: error.message }))
    })
  )

  async function answer(request: IncomingMessage): Promise<Answer> {
    // A page in a browser can send requests to loopback too, but not without this header.
    if (request.headers.origin !== undefined) return { status: 403, body: { error: 'not for browsers' } }
    const parts = partsNow()
    const [, first, name, verb] = (request.url ?? '').split('/')
    if (first === 'status') {
      if (request.method === 'GET' || request.method === 'HEAD') {
        return { status: 200, body: await statusOf(parts, look()) }
      }
      return { status: 405, body: { error: 'use GET' }, headers: { allow: 'GET, HEAD' } }
    }
    if (first === 'parts' && !isAllowed(request)) {
      const error =
        'Only who may read endpoints.json in the state folder acts on parts: send its control.token as a bearer token.'
      return { status: 401, body: { error }, headers: { 'www-authenticate': 'Bearer' } }
    }
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
    report(`${part.name}: ${action} on demand`)
    return { status: 200, body: { name: part.name, pid: part.pid() ?? null } }
  }

  function isAllowed({ headers: { authorization = '' } }: IncomingMessage): boolean {
    const given = Buffer.from(authorization)
    return given.length === expected.length && timingSafeEqual(given, expected)
  }

  await new Promise<void>((fulfil, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => fulfil())
  })
  return {
    url: `http://127.0.0.1:${port}`,
    token,
    async close() {
      server.close()
      server.closeAllConnections()
    }
  }
}

export async function statusOf(
  parts: readonly PartProcess[],
  { healthy: topicsHealthy, problems, refusedEdits }: ReturnType<Parameters<typeof startControl>[2]>
): Promise<Status> {
  const checked = await Promise.all(
    parts.map(async part => {
      const { name, address } = part
      const pid = part.pid() ?? null
      try {
        return { name, address, pid, healthy: await part.isHealthy() }
      } catch (error) {
        return { name, address, pid, healthy: false, problem: error instanceof Error ? error.message : String(error) }
      }
    })
  )
  return {
    healthy: topicsHealthy && checked.every(({ healthy }) => healthy),
    parts: checked,
    topicProblems: [...problems],
    refusedEdits: [...refusedEdits]
  }
}

async function act(part: PartProcess, action: Action): Promise<void> {
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

interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

function send(response: ServerResponse, status: number, body: unknown, headers: Answer['headers'] = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(`${JSON.stringify(body)}\n`)
}
