// One profile by k6, which talks to nobody but the functions and the Broker: no usage report, no REST API, no cloud.
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { projectDirectory } from '../../../bundle.ts'
import type { Stage } from '../stage/stage.ts'
import type { K6 } from './find-k6.ts'
import { type Answer, readJournal } from './journal.ts'
import type { Profile } from './profiles.ts'
import { droppedIterations, Summary, type Threshold, thresholdsOf } from './summary.ts'

export interface K6Run {
  readonly answers: readonly Answer[]
  readonly thresholds: readonly Threshold[]
  /** Commands that were not sent, as all callers were waiting for an answer. */
  readonly dropped: number
  readonly startedAt: Date
  readonly endedAt: Date
}

/** https://github.com/grafana/k6/blob/master/errext/exitcodes/codes.go */
const thresholdsFailed = 99
const stopTimeoutMs = 15_000
const keptLines = 5
const quiet = ['run', '--quiet', '--no-color', '--no-usage-report', '--address=', '--log-format=raw']

/** @throws when k6 could not do it; a threshold that fails is in the result */
export async function runK6(stage: Stage, k6: K6, { name, settings }: Profile, domain: string): Promise<K6Run> {
  const { endpoints, plan, processes, directory, signal } = stage
  const journal = join(directory, `k6-${name}.journal`)
  const summary = join(directory, `k6-${name}.json`)
  await Promise.all([journal, summary].map(file => rm(file, { force: true }))) // k6 would continue the journal
  const [broker] = plan.brokers
  const environment = {
    CREATE_URL: endpoints.functions.createStudent?.url ?? '',
    UPDATE_URL: endpoints.functions.updateStudent?.url ?? '',
    BROKER_URL: `${endpoints.ingress.url}/${broker?.namespace}/${broker?.name}`,
    MARK: domain,
    ...settings
  }
  const lastLines: string[] = []
  const startedAt = new Date()
  const running = processes.start({
    name: `k6-${name}`,
    command: k6.command,
    args: [
      ...quiet,
      `--console-output=${journal}`,
      `--summary-export=${summary}`,
      ...Object.entries(environment).map(([key, value]) => `--env=${key}=${value}`),
      join(projectDirectory, 'infra/proof/load', `${name}.js`)
    ],
    env: { PATH: process.env.PATH, HOME: directory }, // nobody's K6_ settings, nobody's configuration
    onLine(line) {
      if (lastLines.push(line) > keptLines) lastLines.shift()
    }
  })
  const stop = () => void running.stop(stopTimeoutMs)
  signal.addEventListener('abort', stop)
  const { code } = await running.exited
  signal.removeEventListener('abort', stop)
  signal.throwIfAborted()
  if (code !== 0 && code !== thresholdsFailed) {
    throw new Error(`k6 ended with status ${code}; its log: ${processes.logDirectory}\n${lastLines.join('\n')}`)
  }
  const printed = Summary.parse(JSON.parse(await readFile(summary, 'utf8')))
  const answers = await readJournal(journal)
  return {
    answers,
    thresholds: thresholdsOf(printed),
    dropped: droppedIterations(printed),
    startedAt,
    endedAt: new Date()
  }
}
