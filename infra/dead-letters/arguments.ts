// The flags of `npm run local -- dead-letters`; what each filter means is decided by deadLetterReplay alone.
import { parseArgs } from 'node:util'

export const usage = `npm run local -- dead-letters [COMMAND] [FILTERS] [--json] [--state DIR | --url URL]

  list                       letters, newest first (--limit N, --after ID for the next page, --state-is STATE)
  groups                     how many there are of each function, reason and state
      --cloudevents          as a batch of CloudEvents: original attributes and bytes, and letterreason, letterstatus ...
  show ID                    one letter: attributes, decoded data, history, what it holds back
      --cloudevents          as one CloudEvent
  replay ID... | FILTERS     sends open letters to the function that failed; without either, --all
      --dry-run              says which, with warnings, and sends nothing
      --canary K             K letters first, the others only when those succeed
      --rate N               letters a second         --concurrency N   at once (8)
      --stop-after N         failures                 --force           also beyond the limit of replays
      --name TEXT            for the list of jobs
  discard ID --reason TEXT   gives the event up; what it held back goes on
  resend ID --data FILE --reason TEXT
                             sends an edited event in its place; FILE is the message as JSON ("-" is stdin)
  jobs                       replays, newest first
  job ID                     one replay, letter by letter
  abort ID                   lets what is under way finish and sends nothing more

Filters: --function --reason --type --student --text (in the decoded data) --since --until (of the last failure)

  --url URL                  of deadLetterReplay, instead of the running stack's: through kubectl port-forward, say

Exit status: 0 done, 1 refused, or a replay left letters open, 2 wrong flags, or deadLetterReplay cannot be reached.`

export class UsageError extends Error {}

const filterNames = ['function', 'reason', 'type', 'student', 'text', 'since', 'until'] as const
const text = { type: 'string' } as const
const flag = { type: 'boolean', default: false } as const

export interface Arguments {
  readonly command: string
  readonly ids: readonly string[]
  readonly filters: Readonly<Record<string, string>>
  readonly flags: ReturnType<typeof parse>['values']
}

/** @throws UsageError */
export function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parse(args)
  const [command = 'list', ...ids] = positionals
  const filters = Object.fromEntries(
    filterNames.flatMap(name => (values[name] === undefined ? [] : [[name, values[name]]]))
  )
  return { command, ids, filters, flags: values }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        function: text,
        reason: text,
        type: text,
        student: text,
        text,
        since: text,
        until: text,
        'state-is': text,
        limit: text,
        after: text,
        all: flag,
        'dry-run': flag,
        canary: text,
        rate: text,
        concurrency: text,
        'stop-after': text,
        force: flag,
        name: text,
        data: text,
        json: flag,
        cloudevents: flag,
        state: text,
        url: text,
        help: { ...flag, short: 'h' }
      }
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** The body of a replay command. @throws UsageError when it is not said which letters */
export function replayCommand({ ids, filters, flags }: Arguments): object {
  if (ids.length === 0 && Object.keys(filters).length === 0 && !flags.all) {
    throw new UsageError('say which letters: ids, filters, or --all')
  }
  const given = {
    canary: wholeNumber('canary', flags.canary),
    rate: wholeNumber('rate', flags.rate),
    concurrency: wholeNumber('concurrency', flags.concurrency),
    stopAfter: wholeNumber('stop-after', flags['stop-after']),
    name: flags.name
  }
  return {
    ...filters,
    ...(ids.length === 0 ? {} : { ids }),
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    dryRun: flags['dry-run'],
    force: flags.force
  }
}

function wholeNumber(name: string, value: string | undefined): number | undefined {
  if (value !== undefined && !/^\d{1,9}$/.test(value)) throw new UsageError(`--${name} must be a whole number`)
  return value === undefined ? undefined : Number(value)
}
