// `npm run scenario -- NAME`: a Kafka question, answered on the real cluster. Flags: below, or --help.
import { createCommand, exits, exitStatus, print, runCommand, UsageError } from '../../knative-local/command-line.ts'
import { runAll } from './run-all.ts'
import type { Scenario } from './scenario.ts'
import { scenarios } from './scenarios.ts'
import { stopSignal } from './stop-signal.ts'
import { withStack } from './with-stack.ts'

interface Options {
  readonly short: boolean
  readonly json: boolean
  readonly own: boolean
  readonly state?: string
}

const list = scenarios.map(({ name, sentence }) => `  ${name.padEnd(16)} ${sentence}`).join('\n')
const signal = stopSignal()
const say = (sentence: string) => void process.stderr.write(`${sentence}\n`)

const program = createCommand('npm run scenario --')
  .description('Answers Kafka questions on the real cluster.')
  .argument('[names...]', 'scenarios (below), or all, or list')
  .option('--short', 'the size that the tests run', false)
  .option('--json', 'the facts, claims and tables for tools', false)
  .option('--own', 'starts a stack of its own on free ports and deletes it in the end, though another one runs', false)
  .option('--state <dir>', 'the stack that runs there (LOCAL_STATE; default .local)')
for (const { name, flags } of scenarios) {
  for (const [flag, { description }] of Object.entries(flags?.shape ?? {})) {
    program.option(`--${flag} <value>`, `only for ${name}: ${description}`)
  }
}
await runCommand(
  program
    .addHelpText(
      'after',
      `
${list}

Runs on the stack of npm run dev, or on one of its own when none runs. What a scenario kills or stops it starts again;
students, and partitions that were added, stay. Exit status: 0 all claims hold, 1 one does not, or it could not be done,
2 wrong usage, 130 stopped by Ctrl-C, which undoes what was done.`
    )
    .action(exits((names: string[], options: Options & Readonly<Record<string, string>>) => run(names, options)))
)

async function run(names: readonly string[], options: Options & Readonly<Record<string, unknown>>): Promise<number> {
  const { short, json, own, state } = options
  if (names.length === 1 && names[0] === 'list') {
    print(json ? JSON.stringify(scenarios.map(({ name, sentence }) => ({ name, sentence }))) : list)
    return exitStatus.done
  }
  const wanted = wantedScenarios(names)
  const flags = flagsOf(wanted, options)
  const reports = await withStack({ own, say, ...(state !== undefined && { state }) }, (endpoints, stateDirectory) =>
    runAll(wanted, {
      endpoints,
      stateDirectory,
      short,
      flags,
      signal,
      stream: json ? process.stderr : process.stdout,
      say
    })
  ).catch((error: Error) => say(error.message))
  if (!reports) return signal.aborted ? exitStatus.interrupted : exitStatus.failed
  if (json) print(JSON.stringify(reports.length === 1 ? reports[0] : reports, null, 2))
  if (signal.aborted) return exitStatus.interrupted
  return reports.every(({ holds }) => holds) ? exitStatus.done : exitStatus.failed
}

/** @throws UsageError */
function wantedScenarios(names: readonly string[]): Scenario[] {
  const unknown = names.filter(name => name !== 'all' && !scenarios.some(scenario => scenario.name === name))
  if (unknown.length > 0) {
    throw new UsageError(`There is no scenario ${unknown.join(', ')}. npm run scenario -- list names them.`)
  }
  if (names.length === 0) throw new UsageError('Which scenario? npm run scenario -- list names them.')
  return scenarios.filter(({ name }) => names.includes('all') || names.includes(name))
}

/** @throws UsageError for one that is wrong, or is another scenario's */
function flagsOf(
  wanted: readonly Scenario[],
  options: Readonly<Record<string, unknown>>
): Record<string, string | undefined> {
  const given: Record<string, string | undefined> = {}
  for (const scenario of scenarios) {
    for (const name of Object.keys(scenario.flags?.shape ?? {})) {
      const value = options[name]
      if (typeof value !== 'string') continue
      if (!wanted.includes(scenario)) throw new UsageError(`--${name} is a flag of ${scenario.name}.`)
      given[name] = value
    }
  }
  for (const { flags } of wanted) {
    const { error } = flags?.safeParse(given) ?? {}
    if (error) {
      throw new UsageError(error.issues.map(({ path, message }) => `--${String(path[0])}: ${message}`).join('\n'))
    }
  }
  return given
}
