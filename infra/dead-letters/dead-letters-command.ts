// `npm run local -- dead-letters`: what deadLetterReplay offers over HTTP, for people at a terminal and for scripts.
import { batchFormat, eventFormat } from '../../functions/deadLetterReplay/letter-as-event.ts'
import { exitStatus, print, printError, UsageError } from '../knative-local/command-line.ts'
import { readEndpoints, stateDirectoryOf } from '../knative-local/index.ts'
import { type Arguments, type Flags, oneId } from './arguments.ts'
import { letterCommands } from './letter-commands.ts'
import { pageOf, query } from './query.ts'
import { type Ask, readAsEvents, Refused, replayApi } from './replay-api.ts'
import { replayCommands } from './replay-commands.ts'
import type { Subcommands } from './subcommand.ts'

/** Returns the exit status. */
export async function runDeadLetters(given: Arguments): Promise<number> {
  try {
    const url = await urlOf(given.flags)
    return await (given.flags.cloudevents ? writeEvents(given, url) : run(given, replayApi(url)))
  } catch (error) {
    printError(error instanceof Error ? error.message : String(error))
    return error instanceof Refused ? exitStatus.failed : exitStatus.wrongUsage
  }
}

async function urlOf({ url, state }: Flags): Promise<string> {
  if (url !== undefined) {
    if (!URL.canParse(url)) throw new UsageError(`--url ${url} is not a URL`)
    return url
  }
  const folder = stateDirectoryOf(state, process.env)
  const replay = (await readEndpoints(folder))?.functions.deadLetterReplay
  if (replay === undefined) throw new UsageError(`Nothing runs on ${folder}. Start it with npm run dev, or give --url.`)
  return replay.url
}

/** Events alone on standard output, for a pipe; what there is to say besides goes to standard error. */
async function writeEvents(given: Arguments, url: string): Promise<0> {
  const { command, filters, flags } = given
  if (command !== 'list' && command !== 'show') throw new UsageError('--cloudevents goes with list and show')
  const { events, after } =
    command === 'show'
      ? await readAsEvents(url, `/${oneId(given)}`, eventFormat)
      : await readAsEvents(url, `/?${query({ ...filters, ...pageOf(flags) })}`, batchFormat)
  print(JSON.stringify(events, null, 2))
  if (after !== null) printError(`More: --after ${after}`)
  return 0
}

const subcommands: Subcommands = { ...letterCommands, ...replayCommands }

async function run(given: Arguments, ask: Ask): Promise<0 | 1> {
  const { command, flags } = given
  const subcommand = subcommands[command]
  if (subcommand === undefined) throw new UsageError(`unknown command ${command}`)
  return subcommand(given, { ask, say: (answer, show) => print(flags.json ? JSON.stringify(answer, null, 2) : show()) })
}
