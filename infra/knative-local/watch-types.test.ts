import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openProcesses } from './processes/processes.ts'
import { until } from './until.ts'
import { watchTypes } from './watch-types.ts'

test('errors of types are printed with their place, once, and that they are gone', async () => {
  const { reports, write } = await start("export const n: number = 'text'\n")
  await until('the error', 60_000, async () => reports.length > 0)
  expect(reports).toEqual([expect.stringMatching(/functions\/one\.ts\(1,14\): error TS2322/)])

  await write('two.ts', 'export const fine = 1\n')
  await write('one.ts', 'export const n: number = 1\n')
  await until('its end', 60_000, async () => reports.length > 1)
  expect(reports.slice(1)).toEqual(['the types are right again'])
}, 120_000)

test('an error is printed with its reason', async () => {
  const { reports } = await start(
    'declare const from: { at: { n: string } }\nexport const to: { at: { n: number } } = from\n'
  )
  await until('the error', 60_000, async () => reports.length > 0)
  expect(reports[0]).toMatch(
    /error TS2322.*\n.*'at\.n' are incompatible.*\n.*'string' is not assignable to type 'number'/
  )
}, 120_000)

test('many errors are not all printed', async () => {
  const { reports } = await start(
    Array.from({ length: 30 }, (_, n) => `export const n${n}: number = 'text'\n`).join('')
  )
  await until('the errors', 60_000, async () => reports.length > 0)
  expect(reports[0]?.split('\n')).toHaveLength(12)
  expect(reports[0]).toMatch(/and 20 more: run tsc$/)
}, 120_000)

async function start(code: string) {
  const root = await mkdtemp(join(tmpdir(), 'watch-types-'))
  const sources = join(root, 'functions')
  const state = join(root, 'state')
  await mkdir(sources)
  await mkdir(state)
  await mkdir(join(root, 'node_modules'))
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
  await symlink(typescript, join(root, 'node_modules/typescript'))
  await writeFile(
    join(root, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { types: [] }, include: ['functions'] })
  )
  const write = (name: string, text: string) => writeFile(join(sources, name), text)
  await write('one.ts', code)
  const processes = openProcesses(state)
  const reports: string[] = []
  const watch = await watchTypes(processes, {
    directory: root,
    sources: [sources],
    stateDirectory: state,
    report: text => void reports.push(text)
  })
  onTestFinished(async () => {
    await watch?.stop()
    processes.killAll()
    await processes.close()
    await rm(root, { recursive: true, force: true })
  })
  return { reports, write }
}
