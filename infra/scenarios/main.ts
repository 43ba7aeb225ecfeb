// `npm run scenario -- NAME`: a Kafka question, answered on the real cluster. Flags: below, or --help.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Endpoints, readEndpoints } from '../local/endpoints.ts'
import { stateDirectoryOf } from '../local/settings.ts'
import { createStackFolder } from '../local/temporary-stack.ts'
import { terminal } from './report/show.ts'
import type { ScenarioReport } from './report/scenario-report.ts'
import { runScenario } from './run-scenario.ts'
import type { Scenario } from './scenario.ts'
import { scenarios } from './scenarios.ts'

/** One Ctrl-C comes twice under npm: from the terminal, and passed on by npm. */
const samePressMs = 500

const list = scenarios.map(({ name, sentence }) => `  ${name.padEnd(16)} ${sentence}`).join('\n')
const usage = `npm run scenario -- NAME... [--short] [--json] [--own] [--state DIR]
npm run scenario -- list | all

${list}

  --short      the size that the tests run
  --json       the facts, claims and tables for tools
  --own        starts a stack of its own on free ports and deletes it in the end, though another one runs
  --state DIR  the stack that runs there (LOCAL_STATE; .local unless told)

Runs on the stack of npm run dev, or on one of its own when none runs. What a scenario kills or stops it starts again;
students, and partitions that were added, stay. Exit status: 0 all claims hold, 1 one does not, or it could not be done,
64 wrong flags, 130 stopped by Ctrl-C, which undoes what was done.`

const stop = new AbortController()
let stopRequestedAt: number | undefined
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stopRequestedAt ??= performance.now()
    if (performance.now() - stopRequestedAt > samePressMs) process.exit(130) // the reapers end what was started
    stop.abort()
  })
}
const say = (sentence: string) => void process.stderr.write(`${sentence}\n`)

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  let parsed
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        short: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        own: { type: 'boolean', default: false },
        state: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false }
      }
    })
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error))
  }
  const { values, positionals } = parsed
  if (values.help) return print(usage)
  if (positionals.length === 1 && positionals[0] === 'list') {
    return print(values.json ? JSON.stringify(scenarios.map(({ name, sentence }) => ({ name, sentence }))) : list)
  }
  const unknown = positionals.filter(name => name !== 'all' && !scenarios.some(scenario => scenario.name === name))
  if (unknown.length > 0) return wrong(`There is no scenario ${unknown.join(', ')}.`)
  if (positionals.length === 0) return wrong('Which scenario?')
  const wanted = scenarios.filter(({ name }) => positionals.includes('all') || positionals.includes(name))

  const reports = await withStack(values, (endpoints, stateDirectory) =>
    runAll(wanted, endpoints, stateDirectory, values)
  ).catch((error: Error) => say(error.message))
  if (!reports) return stop.signal.aborted ? 130 : 1
  if (values.json) print(JSON.stringify(reports.length === 1 ? reports[0] : reports, null, 2))
  if (stop.signal.aborted) return 130
  return reports.every(({ holds }) => holds) ? 0 : 1
}

async function runAll(
  wanted: readonly Scenario[],
  endpoints: Endpoints,
  stateDirectory: string,
  { short, json }: { readonly short: boolean; readonly json: boolean }
): Promise<ScenarioReport[]> {
  const directory = join(stateDirectory, 'scenarios')
  await mkdir(directory, { recursive: true })
  const reports: ScenarioReport[] = []
  for (const scenario of wanted) {
    if (stop.signal.aborted) break
    say(`\n${scenario.name}: ${scenario.sentence}`)
    const stream = json ? process.stderr : process.stdout
    const report = await runScenario(scenario, { endpoints, directory, short, signal: stop.signal }, terminal(stream))
    for (const problem of report.problems) say(`\n${problem}`)
    const failed = report.claims.filter(({ holds }) => !holds).length
    say(
      report.holds
        ? `\nAll ${report.claims.length} claims hold; ${report.seconds} s.`
        : `\nIT DOES NOT HOLD: ${failed} of ${report.claims.length} claims fail, ${report.problems.length} problems; ${report.seconds} s.`
    )
    reports.push(report)
  }
  return reports
}

/** The one that runs, or one of its own. */
async function withStack<Result>(
  { own, state }: { readonly own: boolean; readonly state?: string },
  use: (endpoints: Endpoints, stateDirectory: string) => Promise<Result>
): Promise<Result> {
  const stateDirectory = stateDirectoryOf(state, process.env)
  const running = own ? undefined : await readEndpoints(stateDirectory)
  if (running) return use(running, stateDirectory)
  if (state !== undefined && !own)
    throw new Error(`Nothing runs on ${stateDirectory}. Start it with npm run dev -- --state.`)
  say('Starting a stack of its own: about 15 seconds.')
  const folder = await createStackFolder()
  try {
    const stack = await folder.start()
    const result = await use(stack.endpoints, folder.stateDirectory)
    say('Stopping the stack.')
    await stack.main.stop(stopTimeoutMs)
    return result
  } finally {
    await folder.remove()
  }
}

/** Within the 15 s that a stop may take, and some for a busy machine. */
const stopTimeoutMs = 30_000

function print(text: string): 0 {
  process.stdout.write(`${text}\n`)
  return 0
}

function wrong(message: string): 64 {
  process.stderr.write(`${message}\n\n${usage}\n`)
  return 64 // EX_USAGE of sysexits.h
}
