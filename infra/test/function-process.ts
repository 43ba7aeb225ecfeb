// A function as it runs for real: its bundle in a process of its own, reached over HTTP.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { startArguments } from '../knative-local/single-parts.ts'
import { functionBundle } from './function-bundle.ts'

export interface FunctionProcess {
  readonly url: string
  readonly pid: number
  readonly exited: Promise<number | null>
  readonly lines: readonly string[]
  signal(signal: NodeJS.Signals): void
}

/** Starts a function's bundle, the very file of its image, on a free port and waits until it listens; it is gone when the test ends. */
export async function startFunction(
  name: string,
  env: Readonly<Record<string, string>>,
  bundle: string | Promise<string> = functionBundle(name)
): Promise<FunctionProcess> {
  const started = launchFunction(name, env, await bundle)
  onTestFinished(started.end)
  return started.listening
}

/** The same for whoever shares it between tests, and ends it. */
export function launchFunction(
  name: string,
  env: Readonly<Record<string, string>>,
  bundle: string
): { readonly listening: Promise<FunctionProcess>; end(): Promise<void> } {
  const child = spawn(process.execPath, startArguments(bundle), {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'debug', ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const exited = new Promise<number | null>(resolve => child.once('exit', resolve))
  const lines: string[] = []
  const port = new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', line => lines.push(line))
    createInterface({ input: child.stdout }).on('line', line => {
      lines.push(line)
      const listening = /"port":(\d+).*"msg":"listening"/.exec(line)
      if (listening) resolve(Number(listening[1]))
    })
    void exited.then(code => reject(new Error(`${name} ended with ${code}:\n${lines.join('\n')}`)))
  })
  const asProcess = (url: string): FunctionProcess => ({
    url,
    pid: child.pid ?? -1,
    exited,
    lines,
    signal: signal => child.kill(signal)
  })
  return {
    listening: port.then(number => asProcess(`http://127.0.0.1:${number}`)),
    async end() {
      child.kill('SIGKILL')
      await exited
    }
  }
}

/** Polls until the condition gives something, for a bounded time. */
export async function eventually<Value>(
  what: string,
  condition: () => Promise<Value | undefined | false>,
  timeoutMs = 10_000
): Promise<Value> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const value = await condition()
    if (value !== undefined && value !== false) return value
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`)
    await new Promise(resolve => setTimeout(resolve, 25))
  }
}
