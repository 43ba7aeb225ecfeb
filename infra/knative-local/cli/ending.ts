// How a run ends: in order at a signal or after a failure, and at once at a second Ctrl-C. What its start has done is undone, the
// last first.
import { inspect } from 'node:util'
import { exitStatus, UsageError } from './command-line.ts'
import type { Messages } from './messages.ts'

type Undo = () => Promise<unknown>

export interface Ending {
  /** Undone before all that was given earlier. */
  undo(undo: Undo): void
  /** As `undo`, and also where a second Ctrl-C leaves no time for the others. */
  undoEvenKilled(undo: Undo): void
  isRequested(): boolean
  /** Nothing that was started may outlive a failure. */
  fail(error: unknown): Promise<void>
}

/** One Ctrl-C comes twice under npm: from the terminal, and passed on by npm. */
const samePressMs = 500

/** Takes the signals of this process from now on: once in a process. */
export function createEnding({ print, report, progress, silence }: Messages): Ending {
  const undos: { readonly undo: Undo; readonly evenKilled: boolean }[] = []
  let requestedAt: number | undefined

  async function end(): Promise<void> {
    requestedAt = performance.now()
    progress.end()
    for (let last = undos.pop(); last; last = undos.pop()) {
      try {
        await last.undo()
      } catch (error) {
        report(`not stopped in order: ${error instanceof Error ? error.message : error}`)
      }
    }
  }

  async function onSignal(): Promise<void> {
    const now = performance.now()
    if (requestedAt === undefined) {
      print('\nStopping; Ctrl-C again kills at once.')
      await end()
      print(`Stopped in ${((performance.now() - now) / 1_000).toFixed(1)} s.`)
      process.exit(0)
    }
    if (now - requestedAt < samePressMs) return
    print('Killed.')
    silence()
    const left = undos.filter(({ evenKilled }) => evenKilled).toReversed()
    await Promise.allSettled(left.map(({ undo }) => undo()))
    process.exit(130) // what a shell answers for a program ended by Ctrl-C
  }

  async function fail(error: unknown): Promise<void> {
    if (requestedAt !== undefined) return // what is being stopped may fail
    const isExpected = error instanceof Error && !(error instanceof TypeError || error instanceof ReferenceError)
    process.stderr.write(`\n${isExpected ? error.message : inspect(error)}\n`)
    await end()
    process.exit(error instanceof UsageError ? exitStatus.wrongUsage : exitStatus.failed)
  }

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void onSignal())
  process.on('uncaughtException', error => void fail(error))
  return {
    undo: undo => void undos.push({ undo, evenKilled: false }),
    undoEvenKilled: undo => void undos.push({ undo, evenKilled: true }),
    isRequested: () => requestedAt !== undefined,
    fail
  }
}
