// Supervises one server: when it ends and nobody asked for that, it is started again after a moment, as in a cluster.
import type { RunningProcess } from './processes.ts'

export interface SupervisedProcess {
  start(): Promise<void>
  /** In order, and killed when that takes too long; stays down. */
  stop(): Promise<void>
  /** SIGKILL; stays down. */
  kill(): Promise<void>
  process(): RunningProcess | undefined
}

export interface SuperviseOptions {
  readonly name: string
  readonly stopTimeoutMs: number
  launch(): Promise<RunningProcess>
  report(sentence: string): void
  /** Another process, or none. */
  pidChanged(): void
}

const firstBackoffMs = 2_000
const maxBackoffMs = 30_000
/** A process that lived this long starts over with the first backoff. */
const longLifeMs = 60_000

export function supervise({ name, stopTimeoutMs, launch, report, pidChanged }: SuperviseOptions): SupervisedProcess {
  let current: RunningProcess | undefined
  let starting: Promise<void> | undefined
  let wanted = false
  let backoffMs = firstBackoffMs
  let timer: NodeJS.Timeout | undefined

  function start(): Promise<void> {
    wanted = true
    clearTimeout(timer)
    if (current?.isRunning()) return Promise.resolve()
    starting ??= begin().finally(() => (starting = undefined))
    return starting
  }

  async function begin(): Promise<void> {
    current = await launch()
    pidChanged()
    void watch(current)
  }

  async function watch(launched: RunningProcess): Promise<void> {
    const bornAt = performance.now()
    const { code, signal } = await launched.exited
    pidChanged()
    if (!wanted) return
    if (performance.now() - bornAt > longLifeMs) backoffMs = firstBackoffMs
    report(`${name} ended (${signal ?? `exit status ${code}`}) and is started again in ${backoffMs / 1_000} s`)
    timer = setTimeout(() => {
      if (wanted) start().catch((error: Error) => report(`${name} does not start: ${error.message}`))
    }, backoffMs)
    backoffMs = Math.min(backoffMs * 2, maxBackoffMs)
  }

  async function end(how: (running: RunningProcess) => unknown): Promise<void> {
    wanted = false
    clearTimeout(timer)
    await starting?.catch(() => undefined)
    if (!current) return
    await how(current)
    await current.exited
  }

  return {
    start,
    stop: () => end(running => running.stop(stopTimeoutMs)),
    kill: () => end(running => running.signal('SIGKILL')),
    process: () => current
  }
}
