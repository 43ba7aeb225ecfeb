// The console's server.
//
//   GET  /api/reads/NAME?…     a read, as JSON
//   POST /api/actions/NAME     an action, with a body of JSON
//   GET  /assets/…             what the pages are made of
//   GET  /…                    the document, for every address of a page
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { gzip } from 'node:zlib'
import { promisify } from 'node:util'
import { z } from 'zod'
import type { Action } from '../actions/action.ts'
import type { Read } from '../reads/read.ts'
import type { Sources } from '../reads/sources.ts'
import { withoutPasswords } from '../reads/without-passwords.ts'
import { refusedBy, securityHeaders } from './guard.ts'
import type { Web } from './build-web.ts'

export interface ConsoleOptions {
  readonly port: number
  /** Opened with the first request for data, and kept. */
  openSources(): Promise<Sources>
}

export interface ConsoleServer {
  readonly url: string
  close(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string | Uint8Array
  readonly mayBeKept?: boolean
}

const maxBodyBytes = 2 * 1024 * 1024
const compress = promisify(gzip)
/** Smaller answers fit into a packet anyway. */
const compressedFromBytes = 1_400

export async function serveConsole({ port, openSources }: ConsoleOptions): Promise<ConsoleServer> {
  let opened: Promise<Sources> | undefined
  let built: Promise<Web> | undefined
  const sources = () =>
    (opened ??= openSources().catch((error: unknown) => {
      opened = undefined // asked again, it may be there
      throw error
    }))
  const web = () => (built ??= import('./build-web.ts').then(({ buildWeb }) => buildWeb()))

  async function answer(request: IncomingMessage): Promise<Answer> {
    const refused = refusedBy(request)
    if (refused) return problem(refused.status, refused.reason)
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://console')
    const [, area, kind, name = ''] = pathname.split('/')
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (area === 'api' && kind === 'actions') {
      if (request.method !== 'POST') return problem(405, 'use POST')
      const { actions } = await import('../actions/all.ts')
      if (!Object.hasOwn(actions, name)) return problem(404, `there is no action ${name}`)
      return run(actions[name as keyof typeof actions], await readJson(request))
    }
    if (!isRead) return problem(405, 'use GET')
    if (area === 'api' && kind === 'reads') {
      const { reads } = await import('../reads/all.ts')
      if (!Object.hasOwn(reads, name)) return problem(404, `there is no read ${name}`)
      return run(reads[name as keyof typeof reads], Object.fromEntries(searchParams))
    }
    if (area === 'api') return problem(404, 'there is no such thing here')
    const { document, assets } = await web()
    if (area !== 'assets') return { status: 200, contentType: 'text/html; charset=utf-8', body: document }
    const asset = assets.get(pathname)
    return asset
      ? { status: 200, ...asset, mayBeKept: true }
      : problem(404, 'this is of an older console: reload the page')
  }

  async function run(
    asked: Pick<Read<z.ZodType, unknown> | Action<z.ZodType, unknown>, 'input' | 'run'>,
    given: unknown
  ): Promise<Answer> {
    const input = asked.input.safeParse(given)
    if (!input.success) return problem(400, z.prettifyError(input.error))
    try {
      const result = await asked.run(await sources(), input.data as never)
      return { status: 200, contentType: 'application/json', body: JSON.stringify(result) }
    } catch (error) {
      return problem(statusOf(error), error instanceof Error ? error.message : String(error))
    }
  }

  const server = createServer((request, response) => {
    answer(request)
      .catch((error: unknown) =>
        problem(error instanceof TooLarge ? 413 : 500, error instanceof Error ? error.message : String(error))
      )
      .then(answered => send(request, response, answered))
      .catch(() => response.destroy())
  })
  await new Promise<void>((fulfil, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', fulfil)
  })
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : port}`,
    async close() {
      server.close()
      server.closeAllConnections()
      await (await opened?.catch(() => undefined))?.close()
    }
  }
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, contentType, body, mayBeKept }: Answer
): Promise<void> {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const isCompressed = bytes.length >= compressedFromBytes && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
  const sent = isCompressed ? await compress(bytes) : bytes
  response.writeHead(status, {
    ...securityHeaders,
    'content-type': contentType,
    'content-length': sent.length,
    'cache-control': mayBeKept ? 'max-age=31536000, immutable' : 'no-store',
    vary: 'accept-encoding',
    ...(isCompressed && { 'content-encoding': 'gzip' })
  })
  response.end(request.method === 'HEAD' ? undefined : sent)
}

class TooLarge extends Error {}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) throw new TooLarge(`a body has at most ${maxBodyBytes} bytes`)
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return undefined // the action's input says what is wrong
  }
}

/** RFC 9457; an address with a password, in whatever failed, is not shown. */
function problem(status: number, detail: string): Answer {
  const body = JSON.stringify({ status, detail: withoutPasswords(detail) })
  return { status, contentType: 'application/problem+json', body }
}

function statusOf(error: unknown): number {
  if (!(error instanceof Error)) return 502
  return { NotFound: 404, Refused: 409 }[error.constructor.name] ?? 502
}
