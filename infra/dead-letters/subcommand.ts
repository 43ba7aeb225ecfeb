// One subcommand: it asks deadLetterReplay and says what it answers.
import type { Arguments } from './arguments.ts'
import type { Ask } from './replay-api.ts'

export interface Terminal {
  readonly ask: Ask
  /** As JSON where that is asked for, otherwise as `show` has it. */
  say(answer: object, show: () => string): void
}

/** Answers the exit status. */
export type Subcommand = (given: Arguments, terminal: Terminal) => Promise<0 | 1>
export type Subcommands = Readonly<Record<string, Subcommand>>
