// Who may import whom: the rooms of this repository, and the public faces of the local runtime. Circles are oxlint's import/no-cycle.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'

const runtime = 'infra/knative-local/'
const consoleRoom = 'infra/console/'
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
const files = tracked.split('\n').filter(file => file !== '')
const imports = files.filter(file => /\.[cm]?tsx?$/.test(file)).flatMap(importsOf)
const { dependencies, exports } = z
  .object({ dependencies: z.record(z.string(), z.string()), exports: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(runtime, 'package.json'), 'utf8')))
/** For its tests, and the compiler that a project has or has not. */
const besideDependencies = ['vitest', 'fast-check', 'typescript', '@opentelemetry/semantic-conventions']

test('the local runtime imports nothing of its surroundings', () => {
  const own = imports.filter(({ file }) => file.startsWith(runtime))
  expect(own.filter(({ to }) => to?.startsWith(runtime) === false)).toEqual([])
})

test('the packages that the local runtime imports are its dependencies', () => {
  const packages = imports.filter(({ file, to }) => file.startsWith(runtime) && to === undefined)
  const named = packages.map(({ specifier }) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? '')
  const known = new Set([...Object.keys(dependencies), ...besideDependencies, ...builtinModules])
  expect([...new Set(named)].filter(name => !name.startsWith('node:') && !known.has(name))).toEqual([])
})

test('from outside only the faces of the local runtime are imported, and each has at most 15 names', () => {
  const faces = new Set(
    Object.values(exports).map(path => join(runtime, path.replace('./dist/', '').replace(/\.js$/, '.ts')))
  )
  const inward = imports.filter(({ file, to }) => !file.startsWith(runtime) && to?.startsWith(runtime))
  expect(inward.length).toBeGreaterThan(0)
  expect(inward.filter(({ to = '' }) => !faces.has(to))).toEqual([])
  expect([...faces].map(face => ({ face, names: namesIn(face) })).filter(({ names }) => names.length > 15)).toEqual([])
})

test('the local runtime has not a word of the domain', () => {
  const domain = /student/i
  const found = files.filter(file => file.startsWith(runtime)).filter(file => domain.test(readFileSync(file, 'utf8')))
  expect(found).toEqual([])
})

test('functions import nothing of infra, and their core nothing of the domain', () => {
  const code = imports.filter(({ file }) => file.startsWith('functions/') && !/\.test\.ts$|\/testing\//.test(file))
  expect(code.filter(({ to }) => to?.startsWith('infra/'))).toEqual([])
  const core = code.filter(({ file }) => file.startsWith('functions/runtime/'))
  expect(core.filter(({ to }) => to !== undefined && !/^(?:functions\/runtime|schemas\/generated)\//.test(to))).toEqual(
    []
  )
})

test('the console is imported by what starts it alone, its reads know no server, and its pages no code but types', () => {
  const own = imports.filter(({ file }) => file.startsWith(consoleRoom))
  expect(imports.filter(({ file, to }) => !file.startsWith(consoleRoom) && to?.startsWith(consoleRoom))).toMatchObject([
    { file: 'infra/project.ts', to: `${consoleRoom}beside.ts` }
  ])
  const reads = own.filter(({ file }) => file.startsWith(`${consoleRoom}reads/`))
  expect(reads.length).toBeGreaterThan(0)
  expect(reads.filter(({ to }) => /^infra\/console\/(?:server|web|actions)\//.test(to ?? ''))).toEqual([])
  const pages = own.filter(({ file }) => file.startsWith(`${consoleRoom}web/`))
  expect(pages.filter(({ to, isType }) => to?.startsWith(`${consoleRoom}web/`) === false && !isType)).toEqual([])
})

interface Import {
  readonly file: string
  readonly specifier: string
  /** The file, for one that is relative. */
  readonly to?: string
  /** Nothing of it is there when it runs. */
  readonly isType: boolean
}

/** Types as well, which no bundler would see. */
function importsOf(file: string): Import[] {
  const statement = /^(?:import|export)\s(?:[^'"]*?\sfrom\s)?'([^']+)'|^\} from '([^']+)'|\bimport\('([^']+)'\)/gm
  return [...readFileSync(file, 'utf8').matchAll(statement)].map(([text, whole, ending, dynamic]) => {
    const specifier = whole ?? ending ?? dynamic ?? ''
    const to = specifier.startsWith('.') ? { to: normalize(join(dirname(file), specifier)) } : {}
    return { file, specifier, ...to, isType: /^(?:import|export) type\b/.test(text) }
  })
}

function namesIn(face: string): string[] {
  const lists = readFileSync(face, 'utf8').matchAll(/^export (?:type )?\{([^}]*)\}/gm)
  return [...lists].flatMap(([, names = '']) => names.split(',').map(name => name.trim()))
}
