import type { Plugin } from 'esbuild'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { until } from '../until.ts'
import { type Bundles, startBundles } from './bundles.ts'
import { plainBundle } from './plain-bundle.ts'
import { startArguments } from './start-arguments.ts'

test('a bundle runs what its source says', async () => {
  const { bundles } = await twoFunctions()
  expect(await run(bundles, 'one')).toBe('one says shared')
})

test('an edit builds the function again that it belongs to, and no other', async () => {
  const { bundles, sources, changed } = await twoFunctions()
  const two = bundles.file('two')
  await writeFile(join(sources, 'one', 'index.ts'), source('one', 'edited'))
  await until('the bundle', 20_000, async () => changed.length > 0)
  expect(changed).toEqual(['one'])
  expect(await run(bundles, 'one')).toBe('edited says shared')
  expect(bundles.file('two')).toBe(two)
})

test('an edit of what functions share builds them all again', async () => {
  const { bundles, sources, changed } = await twoFunctions()
  await writeFile(join(sources, 'shared.ts'), "export const shared = 'something else'\n")
  await until('both bundles', 20_000, async () => changed.length === 2)
  expect(await run(bundles, 'two')).toBe('two says something else')
})

test('a module that a plugin of the bundler makes up is no file to watch', async () => {
  const { sources, directory } = await folders()
  await writeFile(join(sources, 'shared.ts'), "export { shared } from 'nowhere'\n")
  const plugin: Plugin = {
    name: 'made-up',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^nowhere$/ }, ({ path }) => ({ path, namespace: 'made-up' }))
      onLoad({ filter: /./, namespace: 'made-up' }, () => ({ contents: "export const shared = 'made up'" }))
    }
  }
  const { bundles, broken } = await start(sources, directory, { ...plainBundle, plugins: [plugin] })
  expect(broken).toEqual([])
  expect(await run(bundles, 'one')).toBe('one says made up')
})

test('a broken edit is reported with its place, and the last good bundle stays until the edit is mended', async () => {
  const { bundles, sources, changed, broken } = await twoFunctions()
  const file = join(sources, 'one', 'index.ts')
  await writeFile(file, 'this is not TypeScript\n')
  await until('the report', 20_000, async () => broken.length > 0)
  expect(broken[0]).toContain('index.ts:1')
  expect(await run(bundles, 'one')).toBe('one says shared')

  await writeFile(file, source('one', 'mended'))
  await until('the bundle', 20_000, async () => changed.includes('one'))
  expect(await run(bundles, 'one')).toBe('mended says shared')
})

test('a next start builds only what has changed since', async () => {
  const { bundles, sources, directory } = await twoFunctions()
  const before = [bundles.file('one'), bundles.file('two')]
  await bundles.close()
  const built = await readFile(join(directory, 'two', 'built.json'), 'utf8')
  await writeFile(join(sources, 'one', 'index.ts'), source('one', 'edited in between'))

  const next = await start(sources, directory)
  expect(await run(next.bundles, 'one')).toBe('edited in between says shared')
  expect(next.bundles.file('one')).not.toBe(before[0])
  expect(next.bundles.file('two')).toBe(before[1])
  expect(await readFile(join(directory, 'two', 'built.json'), 'utf8')).toBe(built)
})

test('a function that cannot be built at the start is reported with the place, and the other one runs', async () => {
  const { sources, directory } = await folders()
  await writeFile(join(sources, 'one', 'index.ts'), "import './nowhere.ts'\n")
  const { bundles, broken, changed } = await start(sources, directory)
  expect(broken).toEqual([expect.stringMatching(/nowhere\.ts[\s\S]*index\.ts:1/)])
  expect(() => bundles.file('one')).toThrow('nowhere.ts')
  expect(await run(bundles, 'two')).toBe('two says shared')

  await writeFile(join(sources, 'one', 'nowhere.ts'), '')
  await until('the bundle', 20_000, async () => changed.includes('one'))
})

test('a function whose folder comes later is built then, and one that is removed is built no more', async () => {
  const { bundles, sources, changed, broken } = await twoFunctions()
  await bundles.add(['three'])
  expect(broken).toHaveLength(1)
  await mkdir(join(sources, 'three'))
  await writeFile(join(sources, 'three', 'index.ts'), source('three', 'three'))
  await until('the bundle', 20_000, async () => changed.includes('three'))
  expect(await run(bundles, 'three')).toBe('three says shared')

  bundles.remove('two')
  changed.length = 0
  await writeFile(join(sources, 'shared.ts'), "export const shared = 'something else'\n")
  await until('both bundles', 20_000, async () => changed.length > 0)
  expect(changed.toSorted()).toEqual(['one', 'three'])
})

test('an edit of what functions share is one change, also when one of them is broken by it', async () => {
  const { bundles, sources, changes, broken } = await twoFunctions()
  await writeFile(join(sources, 'one', 'index.ts'), "import { more } from '../shared.ts'\nprocess.stdout.write(more)\n")
  await until('the report', 20_000, async () => broken.length > 0)
  await writeFile(join(sources, 'shared.ts'), "export const more = 'more'\n")
  await until('the bundles', 20_000, async () => changes.length > 0)
  expect(changes).toEqual([['one']])
  expect(broken.at(-1)).toContain('shared')
  await writeFile(join(sources, 'shared.ts'), "export const more = 'all'\nexport const shared = 'all'\n")
  await until('the bundles', 20_000, async () => changes.length > 1)
  expect(changes.at(-1)).toEqual(['one', 'two'])
  expect([await run(bundles, 'one'), await run(bundles, 'two')]).toEqual(['all', 'two says all'])
})

test('an error names the line of the TypeScript file, wherever the bundle was built', async () => {
  const { bundles, sources, changes } = await twoFunctions()
  await writeFile(join(sources, 'shared.ts'), "export const shared = 'x'\nthrow new Error('here')\n")
  await until('the bundles', 20_000, async () => changes.length > 0)
  for (const name of ['one', 'two']) {
    const failed = promisify(execFile)(process.execPath, startArguments(bundles.file(name)))
    await expect(failed).rejects.toThrow(`${join(sources, 'shared.ts')}:2`)
  }
})

interface Started {
  readonly bundles: Bundles
  readonly sources: string
  readonly directory: string
  readonly changed: string[]
  /** What changed at once, by name. */
  readonly changes: string[][]
  readonly broken: string[]
}

async function twoFunctions(): Promise<Started> {
  const { sources, directory } = await folders()
  return start(sources, directory)
}

async function start(sources: string, directory: string, options = plainBundle): Promise<Started> {
  const changed: string[] = []
  const changes: string[][] = []
  const broken: string[] = []
  const bundles = await startBundles({
    sources: { directory: sources, alsoWatched: [], bundlerFiles: [], bundle: () => options },
    directory,
    changed: names => {
      changed.push(...names)
      changes.push(names.toSorted())
    },
    broken: (_, message) => broken.push(message)
  })
  onTestFinished(() => bundles.close())
  await bundles.add(['one', 'two'])
  return { bundles, sources, directory, changed, changes, broken }
}

async function folders(): Promise<{ sources: string; directory: string }> {
  const root = await mkdtemp(join(tmpdir(), 'bundles-test-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  const sources = join(root, 'functions')
  for (const name of ['one', 'two']) {
    await mkdir(join(sources, name), { recursive: true })
    await writeFile(join(sources, name, 'index.ts'), source(name, name))
  }
  await writeFile(join(sources, 'shared.ts'), "export const shared = 'shared'\n")
  return { sources, directory: join(root, 'built') }
}

function source(name: string, word: string): string {
  return `// ${name}\nimport { shared } from '../shared.ts'\nprocess.stdout.write(\`${word} says \${shared}\`)\n`
}

async function run(bundles: Bundles, name: string): Promise<string> {
  return (await promisify(execFile)(process.execPath, [bundles.file(name)])).stdout
}
