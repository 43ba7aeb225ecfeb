// `npm run scenario -- NAME`: a Kafka question, answered on the real cluster. Flags: below, or --help.
import { parseArgs } from 'node:util'
import { exitStatus } from '../../knative-local/command-line.ts'
import { runAll } from './run-all.ts'
import type { Scenario } from './scenario.ts'
import { scenarios } from './scenarios.ts'
import { stopSignal } from './stop-signal.ts'
import { withStack } from './with-stack.ts'

const list = scenarios.map(({ name, sentence }) => `  ${name.padEnd(16)} ${sentence}`).join('\n')
const usage = `npm run scenario -- NAME... [--short] [--json] [--own] [--state DIR]
npm run scenario -- list | all

${list}

  --short      the size that the tests run
  --json       the facts, claims and tables for tools
  --own        starts a stack of its own on free ports and deletes it in the end, though another one runs
  --state DIR  the stack that runs there (LOCAL_STATE; default .local)
${scenarios
  .filter(({ flags }) => flags !== undefined)
  .map(describeFlags)
  .join('\n')}

Runs on the stack of npm run dev, or on one of its own when none runs. What a scenario kills or stops it starts again;
students, and partitions that were added, stay. Exit status: 0 all claims hold, 1 one does not, or it could not be done,
2 wrong usage, 130 stopped by Ctrl-C, which undoes what was done.`

const signal = stopSignal()
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
        help: { type: 'boolean', short: 'h', default: false },
        ...Object.fromEntries(scenarios.flatMap(flagNames).map(name => [name, { type: 'string' }] as const))
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
  if (unknown.length > 0)
    return wrong(`There is no scenario ${unknown.join(', ')}. npm run scenario -- list names them.`)
  if (positionals.length === 0) return wrong('Which scenario? npm run scenario -- list names them.')
  const wanted = scenarios.filter(({ name }) => positionals.includes('all') || positionals.includes(name))
  const flags: Record<string, string> = {}
  for (const [name, value] of Object.entries(values)) {
    const owners = scenarios.filter(scenario => flagNames(scenario).includes(name))
    if (owners.length === 0 || typeof value !== 'string') continue // one of every scenario's
    if (!owners.some(owner => wanted.includes(owner))) return wrong(`--${name} is a flag of ${owners[0]?.name}.`)
    flags[name] = value
  }
  for (const { flags: own } of wanted) {
    const read = own?.safeParse(flags)
    if (read?.error)
      return wrong(read.error.issues.map(({ path, message }) => `--${String(path[0])}: ${message}`).join('\n'))
  }

  const reports = await withStack({ ...values, say }, (endpoints, stateDirectory) =>
    runAll(wanted, {
      endpoints,
      stateDirectory,
      short: values.short,
      flags,
      signal,
      stream: values.json ? process.stderr : process.stdout,
      say
    })
  ).catch((error: Error) => say(error.message))
  if (!reports) return signal.aborted ? 130 : 1
  if (values.json) print(JSON.stringify(reports.length === 1 ? reports[0] : reports, null, 2))
  if (signal.aborted) return 130
  return reports.every(({ holds }) => holds) ? 0 : 1
}

function flagNames({ flags }: Scenario): string[] {
  return Object.keys(flags?.shape ?? {})
}

function describeFlags({ name, flags }: Scenario): string {
  const lines = Object.entries(flags?.shape ?? {}).map(
    ([flag, { description }]) => `  --${flag.padEnd(10)} ${description}`
  )
  return [`\nOnly for ${name}:`, ...lines].join('\n')
}

function print(text: string): 0 {
  process.stdout.write(`${text}\n`)
  return 0
}

function wrong(message: string): number {
  process.stderr.write(`${message}\n`)
  return exitStatus.wrongUsage
}
