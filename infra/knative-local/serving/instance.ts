// One process that serves one function.
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Exit, Processes, RunningProcess } from '../processes/processes.ts'
import type { Program } from './programs.ts'

export interface Instance {
  readonly port: number
  readonly process: RunningProcess
  readonly exited: Promise<Exit>
}

export interface InstanceOptions {
  readonly name: string
  readonly program: Pick<Program, 'command' | 'args' | 'cwd' | 'probes'>
  readonly port: number
  readonly env: Readonly<Record<string, string>>
  onLine(line: string): void
}

/** How it is to be started. */
export interface StartOptions {
  /** A function that lives but waits for something else is not taken. */
  readonly mustBeReady: boolean
  /** Ends the start: nobody needs it any more. */
  readonly signal?: AbortSignal
}

/** Somebody has ended the start. */
export class GivenUp extends Error {}

/** A function that lives but is not ready by then answers its callers itself (503 while the database is down). */
const readyTimeoutMs = 5_000
/** One that answers probes has built its server by then; any other command may have a JVM or a compiler to start first. */
const aliveTimeoutMs = { withProbes: 20_000, without: 60_000 }
const pollMs = 15
const maxReasonLength = 500
const lastWordsMs = 500

/**
 * Resolves when the instance can be given requests. With `mustBeReady` that is when it says so; without, an instance
 * that lives but waits for something else is taken too, after a while.
 * @throws when it ends first or never listens; it is not running then
 */
export async function startInstance(
  processes: Processes,
  options: InstanceOptions,
  { mustBeReady, signal: givenUp }: StartOptions
): Promise<Instance> {
  const { name, program, port, env, onLine } = options
  const { command, args, cwd, probes } = program
  let lastWords = ''
  const child = processes.start({
    name,
    command,
    args,
    ...(cwd !== undefined && { cwd }),
    env: { ...env, PORT: String(port) },
    onLine(line) {
      if (/^(?:\w+: )?\w*Error\b/.test(line)) lastWords = line.slice(0, maxReasonLength)
      onLine(line)
    }
  })
  const startedAt = performance.now()
  const timeoutMs = probes ? aliveTimeoutMs.withProbes : aliveTimeoutMs.without
  while (true) {
    if (givenUp?.aborted) {
      await child.stop(0)
      throw new GivenUp(`${name} was stopped before it was ready`)
    }
    if (!child.isRunning()) {
      const { code, signal } = await child.exited
      await Promise.race([child.written, sleep(lastWordsMs)])
      const reason = lastWords === '' ? '' : `: ${lastWords}`
      throw new Error(`${name} ended before it was ready (${signal ?? `exit status ${code}`})${reason}`)
    }
    const waitedMs = performance.now() - startedAt
    if (probes ? await answers(port, probes.readiness) : await accepts(port)) break
    if (waitedMs > readyTimeoutMs && !mustBeReady && probes && (await answers(port, probes.liveness))) break
    if (waitedMs > timeoutMs) {
      await child.stop(0)
      const missed = probes ? 'was not ready' : `did not listen on 127.0.0.1:${port}, as its variable PORT says,`
      throw new Error(`${name} ${missed} within ${timeoutMs / 1_000} s`)
    }
    await sleep(pollMs)
  }
  return { port, process: child, exited: child.exited }
}

async function answers(port: number, path: string): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(2_000) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise(fulfil => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => fulfil(true))
    socket.once('error', () => fulfil(false))
    socket.once('connect', () => socket.destroy())
  })
}
