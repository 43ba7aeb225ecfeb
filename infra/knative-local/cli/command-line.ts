// What all commands of this project have in common: help, one manner of saying what is wrong, and one set of exit statuses.
import { Command, CommanderError, Help } from 'commander'
import { lines } from '../terminal-text.ts'

/** 130 is what a shell answers for a program ended by Ctrl-C. */
export const exitStatus = { done: 0, failed: 1, wrongUsage: 2, interrupted: 130 } as const

/** Wrong flags or arguments, in words that say what to do. */
export class UsageError extends Error {}

/** A command that ends no process itself and prints its mistakes alone, with what was probably meant. */
export function createCommand(name: string): Command {
  return new Command(name)
    .exitOverride()
    .helpOption('-h, --help', 'print this')
    .helpCommand(false)
    .configureHelp({
      showGlobalOptions: true,
      visibleGlobalOptions(command) {
        const own = new Set(command.options.map(({ long }) => long))
        return Help.prototype.visibleGlobalOptions.call(this, command).filter(({ long }) => !own.has(long))
      }
    })
    .configureOutput({ outputError: (message, write) => write(message.replace(/^error: /, '')) })
}

/** Runs a command line; `process.exitCode` is what an action has set, or says what went wrong. */
export async function runCommand(command: Command, args: readonly string[] = process.argv.slice(2)): Promise<void> {
  // Nobody reads any more: `| head`, for instance. A program with something to undo listens itself.
  if (process.stdout.listenerCount('error') === 0) {
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit()
    })
  }
  try {
    await command.parseAsync([...args], { from: 'user' })
  } catch (error) {
    process.exitCode = statusOf(error)
    // commander has printed its own already.
    if (!(error instanceof CommanderError)) printError(error instanceof Error ? error.message : String(error))
  }
}

/** For an action that answers its exit status. */
export function exits<Args extends unknown[]>(action: (...args: Args) => Promise<number>) {
  return async (...args: Args): Promise<void> => {
    process.exitCode = await action(...args)
  }
}

/** Text from outside may be in it: nothing of it moves the cursor. */
export function print(text: string): void {
  process.stdout.write(`${lines(text)}\n`)
}

export function printError(text: string): void {
  process.stderr.write(`${lines(text)}\n`)
}

/** For an option that may be given several times. */
export function collect(value: string, earlier: readonly string[] | undefined): string[] {
  return [...(earlier ?? []), value]
}

function statusOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.done : exitStatus.wrongUsage
  return error instanceof UsageError ? exitStatus.wrongUsage : exitStatus.failed
}
