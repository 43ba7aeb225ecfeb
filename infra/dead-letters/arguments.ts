// The command line of `npm run local -- dead-letters`; what each filter means is decided by deadLetterReplay alone.
import type { Command } from 'commander'
import { createCommand, exits, UsageError, nearestName } from '../knative-local/command-line.ts'

export interface Flags {
  readonly all?: boolean
  readonly dryRun?: boolean
  readonly canary?: string
  readonly rate?: string
  readonly concurrency?: string
  readonly stopAfter?: string
  readonly force?: boolean
  readonly unverified?: boolean
  readonly name?: string
  readonly limit?: string
  readonly after?: string
  readonly data?: string
  readonly by?: string
  readonly reason?: string
  readonly stateIs?: string
  readonly cloudevents?: boolean
  readonly json?: boolean
  readonly state?: string
  readonly url?: string
}

export interface Arguments {
  readonly command: string
  readonly ids: readonly string[]
  readonly filters: Readonly<Record<string, string>>
  readonly flags: Flags
}

const filterNames = ['function', 'reason', 'type', 'student', 'text', 'since', 'until'] as const

/** `run` answers the exit status. */
export function defineDeadLetters(run: (given: Arguments) => Promise<number>): Command {
  const program = createCommand('dead-letters')
    .description('lists, replays, discards and edits dead letters')
    .option('--function <name>', 'letters of this function')
    .option('--reason <text>', 'of this reason; for discard and resend: why, which is kept with the letter')
    .option('--type <type>', 'of this type of event')
    .option('--student <id>', 'of this student')
    .option('--text <text>', 'with this in the decoded data')
    .option('--since <time>', 'that last failed at or after this time')
    .option('--until <time>', 'that last failed before this time')
    .option('--state-is <state>', 'open, replaying, resolved or discarded')
    .option('--cloudevents', 'for list and show: CloudEvents with their original attributes and bytes')
    .option('--json', 'for tools')
    .option('--url <url>', "of deadLetterReplay, instead of the running stack's: through kubectl port-forward, say")
    .addHelpText(
      'after',
      '\nExit status: 0 done, 1 refused, or a replay left letters open, 2 wrong usage, or deadLetterReplay cannot be reached.'
    )
  const command = (name: string, description: string, options?: { readonly isDefault: boolean }): Command => {
    const added = createCommand(name).description(description)
    program.addCommand(added, options)
    return added
  }
  const action = exits(async (ids: string | readonly string[], _options: object, self: Command) =>
    run({ command: self.name(), ids: [ids].flat(), filters: filtersOf(self), flags: self.optsWithGlobals<Flags>() })
  )
  const withoutIds = (options: object, self: Command) => action([], options, self)

  command('list', 'newest first', { isDefault: true })
    .option('--limit <n>', 'so many')
    .option('--after <id>', 'the next page')
    .allowExcessArguments() // it is the default: a misspelt command comes here
    .action((options: object, self: Command) => {
      const [unknown] = self.args
      if (unknown !== undefined) throw unknownCommand(unknown, program)
      return withoutIds(options, self)
    })
  command('failing', 'events that fail now and are tried again, with what the last try failed with').action(withoutIds)
  command('retry', 'sends what fails now to its function at once, after a fix: that of --function, --student, or --all')
    .option('--all', 'everything that fails now')
    .action(withoutIds)
  command('groups', 'how many there are of each function, reason and state').action(withoutIds)
  command('show', 'one letter: attributes, decoded data, history, what it holds back').argument('<id>').action(action)
  command('replay', 'sends open letters to the function that failed: these, those of the filters, or --all')
    .argument('[ids...]')
    .option('--all', 'every open letter')
    .option('--dry-run', 'say which, with warnings, and send nothing')
    .option('--canary <k>', 'so many letters first, the others only when those succeed')
    .option('--rate <n>', 'letters a second')
    .option('--concurrency <n>', 'at once (8)')
    .option('--stop-after <n>', 'failures')
    .option('--force', 'also beyond the limit of replays')
    .option('--unverified', 'also letters whose event nothing here is known to have published')
    .option('--name <text>', 'for the list of jobs')
    .action(action)
  command('discard', 'gives the event up; what it held back continues (--reason is needed)')
    .argument('<id>')
    .action(action)
  command('resend', 'edits the event and sends it; the letter keeps both versions (--reason is needed)')
    .argument('<id>')
    .option('--data <file>', 'the message as JSON; "-" is standard input')
    .option('--by <name>', 'who edits it; your user name where it is left out')
    .option('--unverified', 'also for a letter of unknown origin')
    .action(action)
  command('jobs', 'replays, newest first').action(withoutIds)
  command('job', 'one replay, letter by letter').argument('<id>').action(action)
  command('abort', 'lets what is under way finish and sends nothing more').argument('<id>').action(action)
  return program
}

function unknownCommand(name: string, program: Command): UsageError {
  const meant = nearestName(
    name,
    program.commands.map(command => command.name())
  )
  return new UsageError(`unknown command '${name}'${meant === undefined ? '' : `\n(Did you mean ${meant}?)`}`)
}

function filtersOf(self: Command): Record<string, string> {
  const given: Record<string, unknown> = self.optsWithGlobals()
  return Object.fromEntries(
    filterNames.flatMap(name => {
      const value = given[name]
      return typeof value === 'string' ? [[name, value] as const] : []
    })
  )
}

/** The body of a replay command. @throws UsageError when it is not said which letters */
export function replayCommand({ ids, filters, flags }: Arguments): object {
  if (ids.length === 0 && Object.keys(filters).length === 0 && !flags.all) {
    throw new UsageError('Say which letters: ids, filters, or --all.')
  }
  const given = {
    canary: wholeNumber('canary', flags.canary),
    rate: wholeNumber('rate', flags.rate),
    concurrency: wholeNumber('concurrency', flags.concurrency),
    stopAfter: wholeNumber('stop-after', flags.stopAfter),
    name: flags.name,
    unverified: flags.unverified
  }
  return {
    ...filters,
    ...(ids.length === 0 ? {} : { ids }),
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    dryRun: flags.dryRun === true,
    force: flags.force === true
  }
}

function wholeNumber(name: string, value: string | undefined): number | undefined {
  if (value !== undefined && !/^\d{1,9}$/.test(value)) throw new UsageError(`--${name} must be a whole number`)
  return value === undefined ? undefined : Number(value)
}

/** As part of a path. @throws UsageError */
export function oneId({ command, ids }: Arguments): string {
  const [id, ...others] = ids
  if (id === undefined || others.length > 0) throw new UsageError(`${command} needs one id`)
  return encodeURIComponent(id)
}

/** @throws UsageError */
export function reasonOf({ reason }: Flags): string {
  if (reason === undefined) throw new UsageError('--reason is needed: it is kept with the letter')
  return reason
}
