// A Service whose function is a few lines, in a process of its own.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Service } from '../../manifests/plan.ts'
import { freePorts } from '../../testing/free-ports.ts'
import { openProcesses } from '../../processes/processes.ts'
import { createFunctionService, type FunctionService, type FunctionServiceOptions } from '../function-service.ts'
import { startInstance } from '../instance.ts'
import { plainService } from './plain-service.ts'

interface Served {
  readonly service: FunctionService
  readonly url: string
  readonly reports: readonly string[]
  /** Of each start, its timeoutSeconds. */
  readonly launches: readonly number[]
  write(code: string): Promise<void>
}

/** Not started yet; gone when the test ends. */
export async function serve(
  scale: Partial<Service>,
  code: string,
  more: Partial<FunctionServiceOptions> = {}
): Promise<Served> {
  const root = await mkdtemp(join(tmpdir(), 'function-service-test-'))
  const file = join(root, 'function.cjs')
  const processes = openProcesses(root)
  const [port = 0] = await freePorts(1)
  const reports: string[] = []
  const launches: number[] = []
  const service = await createFunctionService(plainService('function', scale), {
    port,
    launch: async ({ timeoutSeconds }, how) => {
      launches.push(timeoutSeconds)
      const [instancePort = 0] = await freePorts(1)
      const program = {
        command: process.execPath,
        args: [file],
        probes: { readiness: '/health/readiness', liveness: '/health/liveness' }
      }
      return startInstance(
        processes,
        { name: 'function', program, port: instancePort, env: {}, onLine: () => undefined },
        how
      )
    },
    report: sentence => reports.push(sentence),
    pidChanged: () => undefined,
    ...more
  })
  onTestFinished(async () => {
    await service.stop()
    processes.killAll()
    await processes.close()
    await rm(root, { recursive: true, force: true })
  })
  await writeFile(file, code)
  return { service, url: service.url, reports, launches, write: text => writeFile(file, text) }
}

/** A function as small as can be: health, an answer, and an orderly end. */
export function answering(word: string, delayMs = 0): string {
  return `
    const server = require('node:http').createServer((request, response) => {
      const answer = () => response.end('${word}')
      if (request.url.startsWith('/health/')) answer()
      else setTimeout(answer, ${delayMs})
    })
    server.listen(Number(process.env.PORT), '127.0.0.1')
    process.once('SIGTERM', () => server.close(() => process.exit(0)))
  `
}

/** Status and text. */
export async function get(url: string): Promise<string> {
  const response = await fetch(url)
  return `${response.status} ${await response.text()}`
}

/** Four clients, each with its next request as soon as it has an answer. */
export function startLoad(url: string, ask = () => get(url)): { readonly answers: string[]; stop(): Promise<unknown> } {
  const stopping = new AbortController()
  const answers: string[] = []
  const clients = Array.from({ length: 4 }, async () => {
    while (!stopping.signal.aborted) answers.push(await ask())
  })
  return {
    answers,
    stop() {
      stopping.abort()
      return Promise.all(clients)
    }
  }
}
