// Every child process of the stack is started here, so that none is left behind.
//
//   own group   a Ctrl-C in the terminal reaches main alone, which then stops the parts in order; when a process has ended, what
//               it has started ends too, as everything in a container does with its first process
//   reaper      kills what is left when main itself is killed (reaper.ts)
//   marker      an environment variable with the state folder: the next start finds leftovers by it (leftovers.ts)
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { giveWay } from './give-way.ts'
import { withTimerSlack } from './timer-slack.ts'
import { stateMarker } from './leftovers.ts'
import { LogFile } from './log-file.ts'
import { startReaper } from './reaper.ts'

export interface ProcessOptions {
  /** Also the name of its log file. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Another user to run as; only root can. */
  readonly user?: { readonly uid: number; readonly gid: number }
  /** How far it gives way to the others where processors are short, 1 to 19: see giveWay. */
  readonly nice?: number
  /** How much later its timers may go off, in milliseconds: see withTimerSlack. */
  readonly timerSlackMs?: number
  /** What asks it to end; SIGTERM by default. */
  readonly stopSignal?: NodeJS.Signals
  /** Called with each line it writes; the log file gets the line too. */
  onLine?(line: string): void
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface RunningProcess {
  readonly name: string
  readonly pid: number
  readonly exited: Promise<Exit>
  /** All that it has written has been read; a process that left its group can put this off. */
  readonly written: Promise<unknown>
  isRunning(): boolean
  signal(signal: NodeJS.Signals): void
  /** Asks it to end, and kills its whole group when the time is over. */
  stop(timeoutMs: number): Promise<Exit>
}

export interface Processes {
  readonly logDirectory: string
  /** @throws after `killAll` */
  start(options: ProcessOptions): RunningProcess
  /** A line of the runtime itself, for a log that is merged with those of its children. */
  log(name: string, line: string): void
  /** SIGKILL to all, at once. What is still on its way to a start does not start any more. */
  killAll(): void
  /** Ends the reaper; the processes must have ended before. Resolves when all they wrote is in their logs. */
  close(): Promise<void>
}

export function openProcesses(stateDirectory: string): Processes {
  const logDirectory = join(stateDirectory, 'logs')
  mkdirSync(logDirectory, { recursive: true })
  for (const name of readdirSync(logDirectory).filter(file => file.endsWith('.log'))) {
    renameSync(join(logDirectory, name), join(logDirectory, `${name}.1`)) // of the run before
  }
  const running = new Set<RunningProcess>()
  let isEnding = false
  // One for a name: of two processes with one log, neither may set aside what the other writes.
  const logs = new Map<string, LogFile>()
  const logOf = (name: string): LogFile => {
    const log = logs.get(name) ?? new LogFile(join(logDirectory, `${name}.log`))
    logs.set(name, log)
    return log
  }
  const reaper = startReaper()
  const forget = async (ended: RunningProcess): Promise<void> => {
    await ended.exited
    running.delete(ended)
    reaper.forget(ended.pid)
  }

  return {
    logDirectory,
    start(options) {
      if (isEnding) throw new Error(`${options.name} is not started: everything is being stopped`)
      const child = withTimerSlack(options.timerSlackMs, () =>
        spawn(options.command, options.args, {
          detached: true,
          stdio: ['ignore', 'pipe', 'pipe'],
          cwd: options.cwd,
          ...options.user,
          env: { ...options.env, [stateMarker]: stateDirectory }
        })
      )
      const started = follow(child, options, logOf(options.name))
      if (child.pid === undefined) return started // exited says why
      if (options.nice) giveWay(child.pid, options.nice)
      running.add(started)
      reaper.watch(started.pid)
      void forget(started)
      return started
    },
    killAll() {
      isEnding = true
      for (const child of running) killGroup(child.pid)
    },
    log: (name, line) => logOf(name).write(line),
    async close() {
      reaper.close()
      await Promise.all([...logs.values()].map(log => log.close()))
    }
  }
}

function follow(child: ChildProcess, options: ProcessOptions, log: LogFile): RunningProcess {
  const pid = child.pid ?? -1
  let running = true
  const take = (line: string): void => {
    log.write(stamped(line))
    options.onLine?.(line)
  }
  const exited = new Promise<Exit>(resolve => {
    const end = (code: number | null, signal: NodeJS.Signals | null): void => {
      running = false
      resolve({ code, signal })
    }
    child.once('exit', (code, signal) => {
      if (child.pid !== undefined) killGroup(child.pid)
      end(code, signal)
    })
    child.once('error', error => {
      take(`${options.command}: ${error.message}`)
      end(127, null) // what a shell answers when it cannot start a command
    })
  })
  const reading = [child.stdout, child.stderr].map(stream => {
    if (!stream) return undefined
    const lines = createInterface({ input: stream, crlfDelay: Infinity }).on('line', take)
    return new Promise(fulfil => lines.once('close', fulfil))
  })

  return {
    name: options.name,
    pid,
    exited,
    written: Promise.all(reading),
    isRunning: () => running,
    signal: signal => void (running && child.kill(signal)),
    async stop(timeoutMs) {
      if (running) {
        child.kill(options.stopSignal ?? 'SIGTERM')
        child.kill('SIGCONT') // a paused process would not see the signal
      }
      const timer = setTimeout(() => running && killGroup(pid), timeoutMs)
      const exit = await exited
      clearTimeout(timer)
      return exit
    }
  }
}

/** Plain text gets a time when it comes, for the merged logs; a line that has one, or belongs to the one before, stays. */
function stamped(line: string): string {
  return /^(\{|\s|$|\d{4}-\d\d-\d\d|Caused by:|[\w$.]+(Exception|Error)\b)/.test(line)
    ? line
    : `${new Date().toISOString()} INFO ${line}`
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // gone already
  }
}
