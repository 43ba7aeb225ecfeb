// A function's image, without Docker: what the Dockerfile copies is all that its build stages need.
import { execFile } from 'node:child_process'
import { cp, mkdtempDisposable, readFile, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, matchesGlob } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { projectDirectory } from '../bundle.ts'
import { startArguments } from '../knative-local/single-parts.ts'
import { freePort } from '../knative-local/testing.ts'

const run = promisify(execFile)
const dockerfile = await readFile(join(projectDirectory, 'infra/Dockerfile'), 'utf8')
const ignored = (await readFile(join(projectDirectory, '.dockerignore'), 'utf8'))
  .split('\n')
  .filter(line => line !== '' && !line.startsWith('#'))

test('what is copied into the image is not ignored', () => {
  const copied = [...copies(dockerfile)].flatMap(({ sources }) => sources)
  expect(copied.length).toBeGreaterThan(10)
  expect(copied.map(path => path.replace('${FUNCTION}', 'createStudent')).filter(isIgnored)).toEqual([])
})

test('the image starts a function as tests and the local runtime do', () => {
  const command: unknown = JSON.parse(/^CMD (.*)$/m.exec(stageOf('function'))?.[1] ?? '')
  expect(command).toEqual(
    startArguments('/app/function.cjs').map(word => word.replace(/^.*\/(?=start-bundle)/, '/app/'))
  )
})

test('the code cache is filled with the flags of a start, to which it belongs', () => {
  const command: string[] = JSON.parse(/^RUN (\[.*)$/m.exec(stageOf('code-cache'))?.[1] ?? '[]')
  const flags = (words: readonly string[]) => words.filter(word => word.startsWith('--'))
  expect(flags(command)).toEqual(flags(startArguments('/app/function.cjs')))
})

test.each([
  ['function-bundle', ['createStudent', 'function.cjs']],
  ['function-bundle', ['deadLetterReplay', 'function.cjs']],
  ['jobs-bundle', ['jobs/migrate', 'migrate.mjs']],
  ['jobs-bundle', ['jobs/register-schemas', 'register-schemas.mjs']],
  ['jobs-bundle', ['jobs/prune', 'prune.mjs']]
])('the stage %s has the files for %s', async (stage, [name = '', file = '']) => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'image-'))
  await copyStage(stage, name, folder.path)
  await run(process.execPath, ['infra/bundle.ts', name, `out/${file}`], { cwd: folder.path })
  expect((await stat(join(folder.path, 'out', file))).size).toBeGreaterThan(10_000)
})

test('filling the code cache keeps the code that a start runs beside the bundle', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'image-'))
  const bundle = join(folder.path, 'function.cjs')
  await run(process.execPath, ['infra/bundle.ts', 'createStudent', bundle], { cwd: projectDirectory })
  const [fill, startBundle] = ['infra/fill-code-cache.cjs', 'infra/knative-local/start-bundle.cjs'].map(path =>
    join(projectDirectory, path)
  )
  const port = String(await freePort())
  await run(process.execPath, [`${fill}`, `${startBundle}`, bundle], { env: { PATH: process.env.PATH, PORT: port } })
  expect((await stat(`${bundle}.cache`)).size).toBeGreaterThan(500_000)
})

const stageOf = (name: string): string =>
  new RegExp(`^FROM \\S+ AS ${name}$(.*?)^FROM `, 'ms').exec(`${dockerfile}\nFROM `)?.[1] ?? ''

/** From the build's context, not from another stage. */
function* copies(text: string): Generator<{ readonly sources: string[]; readonly target: string }> {
  for (const [, paths = ''] of text.matchAll(/^COPY (?!--from)(.+)$/gm)) {
    const words = paths.split(' ').filter(word => !word.startsWith('--'))
    yield { sources: words.slice(0, -1), target: words.at(-1) ?? '' }
  }
}

/** The last line that matches decides. https://docs.docker.com/build/concepts/context/#dockerignore-files */
function isIgnored(path: string): boolean {
  const parents = path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'))
  const deciding = ignored.findLast(line => parents.some(parent => matchesGlob(parent, line.replace(/^!/, ''))))
  return deciding !== undefined && !deciding.startsWith('!')
}

async function copyStage(stage: string, name: string, folder: string): Promise<void> {
  for (const { sources, target } of [...copies(stageOf('dependencies')), ...copies(stageOf(stage))]) {
    for (const source of sources) {
      const from = source.replace('${FUNCTION}', name)
      const isFile = (await stat(join(projectDirectory, from))).isFile()
      const to =
        isFile && target.endsWith('/')
          ? join(target, from.split('/').at(-1) ?? '')
          : target.replace('${FUNCTION}', name)
      await cp(join(projectDirectory, from), join(folder, to), { recursive: true })
    }
  }
  await symlink(join(projectDirectory, 'node_modules'), join(folder, 'node_modules'))
}
