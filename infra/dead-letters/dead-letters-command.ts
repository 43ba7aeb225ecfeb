// `npm run local -- dead-letters`: what deadLetterReplay offers over HTTP, for people at a terminal and for scripts.
import { readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { batchFormat, eventFormat } from '../../functions/deadLetterReplay/letter-as-event.ts'
import { readEndpoints, stateDirectoryOf } from '../knative-local/index.ts'
import { exitStatus, print, printError, UsageError } from '../knative-local/command-line.ts'
import { type Arguments, type Flags, replayCommand } from './arguments.ts'
import {
  type Ask,
  Discarded,
  FailingEvents,
  Groups,
  Job,
  Jobs,
  LetterPage,
  Preview,
  readAsEvents,
  Refused,
  replayApi,
  Retried,
  Started,
  WholeJob,
  WholeLetter
} from './replay-api.ts'
import {
  showFailing,
  showGroups,
  showJob,
  showJobs,
  showLetter,
  showLetters,
  showPreview,
  showProgress,
  showRetried
} from './show.ts'

const pollMs = 500

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

async function run(given: Arguments, ask: Ask): Promise<0 | 1> {
  const { command, filters, flags } = given
  const say = (answer: object, show: () => string) => print(flags.json ? JSON.stringify(answer, null, 2) : show())
  const id = () => oneId(given)

  /** Not letters yet, and still worth a look. */
  async function printFailing(): Promise<void> {
    const failing = await ask(FailingEvents, 'GET', '/failing')
    if (failing.failing.length > 0) print(`\nFailing now, and tried again:\n${showFailing(failing)}`)
  }

  switch (command) {
    case 'list': {
      const page = await ask(LetterPage, 'GET', `/?${query({ ...filters, ...pageOf(flags) })}`)
      say(page, () => showLetters(page.deadLetters, page.next))
      const isFirst = flags.after === undefined && Object.keys(filters).length === 0
      if (isFirst && !flags.json) await printFailing()
      return 0
    }
    case 'failing': {
      const { function: functionName, student } = filters
      const failing = await ask(FailingEvents, 'GET', `/failing?${query({ function: functionName, student })}`)
      say(failing, () => showFailing(failing))
      return 0
    }
    case 'retry': {
      const { function: functionName, student } = filters
      if (functionName === undefined && student === undefined && !flags.all) {
        throw new UsageError('Say which events: --function, --student, or --all.')
      }
      const retried = await ask(Retried, 'POST', '/failing/retry', { function: functionName, student })
      say(retried, () => showRetried(retried))
      return retried.retried.every(({ outcome }) => outcome === 'done') ? 0 : 1
    }
    case 'groups': {
      const groups = await ask(Groups, 'GET', `/groups?${query({ ...filters, ...stateOf(flags) })}`)
      say(groups, () => showGroups(groups))
      return 0
    }
    case 'show': {
      const letter = await ask(WholeLetter, 'GET', `/${id()}`)
      say(letter, () => showLetter(letter))
      return 0
    }
    case 'replay': {
      if (flags.dryRun) {
        const preview = await ask(Preview, 'POST', '/', replayCommand(given))
        say(preview, () => showPreview(preview))
        return 0
      }
      return follow((await ask(Started, 'POST', '/', replayCommand(given))).job)
    }
    case 'discard': {
      const discarded = await ask(Discarded, 'POST', `/${id()}/discard`, { reason: reasonOf(flags) })
      say(
        discarded,
        () =>
          `${discarded.id} is discarded. ${discarded.fenceMoved ? 'What it held back continues.' : 'It held nothing back: its place is taken, or an earlier event is missing.'}`
      )
      return 0
    }
    case 'resend': {
      const data = await readData(flags.data)
      return follow(
        (
          await ask(Started, 'POST', `/${id()}/resend`, {
            reason: reasonOf(flags),
            data,
            by: flags.by ?? userInfo().username,
            unverified: flags.unverified
          })
        ).job
      )
    }
    case 'jobs': {
      const jobs = await ask(Jobs, 'GET', '/jobs')
      say(jobs, () => showJobs(jobs.jobs))
      return 0
    }
    case 'job': {
      const job = await ask(WholeJob, 'GET', `/jobs/${id()}`)
      say(job, () => showJob(job))
      return 0
    }
    case 'abort': {
      const job = await ask(Job, 'POST', `/jobs/${id()}/abort`)
      say(job, () => `Replay ${job.id} is aborted. ${showProgress(job)}.`)
      return 0
    }
    default:
      throw new UsageError(`unknown command ${command}`)
  }

  /** Shows a replay until it is over. It continues without us: Ctrl-C ends only the showing. */
  async function follow(started: Job): Promise<0 | 1> {
    let job = started
    let said = ''
    while (job.state === 'running') {
      const progress = showProgress(job)
      if (said === '') printError(`It continues without this command; to end it: dead-letters abort ${job.id}`)
      if (progress !== said) printError(progress)
      said = progress
      await sleep(pollMs)
      job = await ask(Job, 'GET', `/jobs/${job.id}`)
    }
    const whole = await ask(WholeJob, 'GET', `/jobs/${job.id}`)
    say(whole, () => showJob(whole))
    return whole.state === 'done' && whole.progress.failed + whole.progress.skipped === 0 ? 0 : 1
  }
}

function oneId({ command, ids }: Arguments): string {
  const [id, ...others] = ids
  if (id === undefined || others.length > 0) throw new UsageError(`${command} needs one id`)
  return encodeURIComponent(id)
}

function reasonOf({ reason }: Flags): string {
  if (reason === undefined) throw new UsageError('--reason is needed: it is kept with the letter')
  return reason
}

const stateOf = (flags: Flags) => ({ state: flags.stateIs })
const pageOf = (flags: Flags) => ({ ...stateOf(flags), limit: flags.limit, after: flags.after })

function query(parameters: Readonly<Record<string, string | undefined>>): string {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) given.set(name, value)
  return given.toString()
}

async function readData(file: string | undefined): Promise<Record<string, unknown>> {
  if (file === undefined) throw new UsageError('--data is needed: a file with the message as JSON, or "-"')
  try {
    const json: unknown = JSON.parse(file === '-' ? await text(process.stdin) : await readFile(file, 'utf8'))
    return z.record(z.string(), z.unknown()).parse(json)
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof z.ZodError ? 'not a JSON object' : String(error)}`)
  }
}
