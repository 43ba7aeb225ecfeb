// What is asked of replays: jobs that send letters to the functions that failed.
import { readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { printError, UsageError } from '../knative-local/command-line.ts'
import { oneId, reasonOf, replayCommand } from './arguments.ts'
import { Job, Jobs, Preview, Started, WholeJob } from './replay-api.ts'
import { showJob, showJobs, showPreview, showProgress } from './show.ts'
import type { Subcommands, Terminal } from './subcommand.ts'

const pollMs = 500

export const replayCommands: Subcommands = {
  async replay(given, terminal) {
    const { ask, say } = terminal
    if (given.flags.dryRun) {
      const preview = await ask(Preview, 'POST', '/', replayCommand(given))
      say(preview, () => showPreview(preview))
      return 0
    }
    const { job } = await ask(Started, 'POST', '/', replayCommand(given))
    return follow(terminal, job)
  },

  async resend(given, terminal) {
    const { flags } = given
    const data = await readData(flags.data)
    const { job } = await terminal.ask(Started, 'POST', `/${oneId(given)}/resend`, {
      reason: reasonOf(flags),
      data,
      by: flags.by ?? userInfo().username,
      unverified: flags.unverified
    })
    return follow(terminal, job)
  },

  async jobs(_given, { ask, say }) {
    const jobs = await ask(Jobs, 'GET', '/jobs')
    say(jobs, () => showJobs(jobs.jobs))
    return 0
  },

  async job(given, { ask, say }) {
    const job = await ask(WholeJob, 'GET', `/jobs/${oneId(given)}`)
    say(job, () => showJob(job))
    return 0
  },

  async abort(given, { ask, say }) {
    const job = await ask(Job, 'POST', `/jobs/${oneId(given)}/abort`)
    say(job, () => `Replay ${job.id} is aborted. ${showProgress(job)}.`)
    return 0
  }
}

/** Shows a replay until it is over. It continues without us: Ctrl-C ends only the showing. */
async function follow({ ask, say }: Terminal, started: Job): Promise<0 | 1> {
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

async function readData(file: string | undefined): Promise<Record<string, unknown>> {
  if (file === undefined) throw new UsageError('--data is needed: a file with the message as JSON, or "-"')
  try {
    const json: unknown = JSON.parse(file === '-' ? await text(process.stdin) : await readFile(file, 'utf8'))
    return z.record(z.string(), z.unknown()).parse(json)
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof z.ZodError ? 'not a JSON object' : String(error)}`)
  }
}
