// `npm run generate:scenarios [-- NAME...]`: runs all scenarios, or those named, on a stack of its own, and writes their output
// into README.md. The section of one that fails stays as it was.
import { exitStatus } from '../../knative-local/command-line.ts'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readmeOf } from './report/readme.ts'
import { runAll } from './run-all.ts'
import { scenarios } from './scenarios.ts'
import { stopSignal } from './stop-signal.ts'
import { withStack } from './with-stack.ts'

const file = join(import.meta.dirname, 'README.md')
const asked = process.argv.slice(2)
const wanted = scenarios.filter(({ name }) => asked.length === 0 || asked.includes(name))
const unknown = asked.filter(name => !scenarios.some(scenario => scenario.name === name))
const say = (sentence: string) => void process.stderr.write(`${sentence}\n`)
if (unknown.length > 0) {
  say(`There is no scenario ${unknown.join(', ')}.`)
  process.exit(exitStatus.wrongUsage)
}
const signal = stopSignal()

const reports = await withStack({ own: true, say }, (endpoints, stateDirectory) =>
  runAll(wanted, { endpoints, stateDirectory, short: false, signal, stream: process.stderr, say })
)
const held = reports.filter(({ holds }) => holds)
const before = await readFile(file, 'utf8').catch(() => '')
await writeFile(
  file,
  readmeOf(
    scenarios.map(({ name }) => name),
    held,
    before
  )
)
if (held.length < wanted.length) process.exitCode = 1
