import { build } from 'esbuild'
import { type ExecFileException, execFile } from 'node:child_process'
import { mkdtempDisposable, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { plainBundle } from './serving/plain-bundle.ts'

const startBundle = join(import.meta.dirname, 'start-bundle.cjs')
const run = promisify(execFile)

test('a bundle sees what it would see without', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'start-bundle-'))
  const file = join(folder.path, 'bundle.cjs')
  await writeFile(
    file,
    `const { sep } = require('node:path')
     exports.one = 1
     const seen = [process.argv, __filename, __dirname, sep, this === exports, module.exports === exports]
     import('node:os').then(({ EOL }) => process.stdout.write(JSON.stringify([...seen, EOL])))`
  )
  const { stdout } = await run(process.execPath, [file, 'an argument'])
  expect((await run(process.execPath, [startBundle, file, 'an argument'])).stdout).toBe(stdout)
  const again = await run(process.execPath, [startBundle, file, 'an argument'])
  expect(again.stdout).toBe(stdout)
})

test('the code of functions that ran is kept, and a start that runs more of them keeps that too', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'start-bundle-'))
  const file = join(folder.path, 'bundle.cjs')
  const body = 'for (let at = 0; at < 9; at++) Math.cos(at) * Math.sin(at + 1);'.repeat(50)
  await writeFile(
    file,
    `function early() { ${body} }\nfunction late() { ${body}${body} }\nearly()\nprocess.argv[2] && late()`
  )
  const kept = async (...given: string[]) => {
    await run(process.execPath, [startBundle, file, ...given])
    const { size, ino } = await stat(`${file}.cache`)
    return { size, ino }
  }
  const first = await kept()
  expect(await kept()).toEqual(first) // taken as it is
  const second = await kept('late too')
  expect(second.size).toBeGreaterThan(first.size * 1.5)
  expect(await kept()).toEqual(second)
  expect((await readdir(folder.path)).toSorted()).toEqual(['bundle.cjs', 'bundle.cjs.cache'])
})

test('the code of another bundle of the same length is not run in its place', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'start-bundle-'))
  const file = join(folder.path, 'bundle.cjs')
  for (const word of ['one', 'two']) {
    await writeFile(file, `const say = () => process.stdout.write('${word}')\nsay()`)
    expect((await run(process.execPath, [startBundle, file])).stdout).toBe(word)
    const before = Date.now() / 1_000 - 1
    await utimes(`${file}.cache`, before, before)
  }
})

test.each([
  ['is none', Buffer.from('not code of V8')],
  ['is cut off', undefined],
  ['is empty', Buffer.alloc(0)]
])('a cache that %s is replaced', async (_, content) => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'start-bundle-'))
  const file = join(folder.path, 'bundle.cjs')
  await writeFile(file, "const say = () => process.stdout.write('here')\nsay()")
  await run(process.execPath, [startBundle, file])
  const whole = await readFile(`${file}.cache`)
  await writeFile(`${file}.cache`, content ?? whole.subarray(0, whole.length / 2))
  expect((await run(process.execPath, [startBundle, file])).stdout).toBe('here')
  expect(await readFile(`${file}.cache`)).toHaveLength(whole.length)
})

test('what a failed start has compiled is not kept, and where nothing can be written nothing is', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'start-bundle-'))
  const file = join(folder.path, 'bundle.cjs')
  await writeFile(file, 'process.exitCode = Number(process.argv[2])')
  await expect(run(process.execPath, [startBundle, file, '78'])).rejects.toMatchObject({ code: 78 })
  expect(await readdir(folder.path)).toEqual(['bundle.cjs'])

  await writeFile(file, "require('node:fs').rmSync(__dirname, { recursive: true })")
  expect(await run(process.execPath, [startBundle, file])).toMatchObject({ stdout: '', stderr: '' })
})

test('a stack names the lines of the sources, also that of an error which nobody catches', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'start-bundle-'))
  const source = join(folder.path, 'index.ts')
  const file = join(folder.path, 'bundle.cjs')
  await writeFile(
    source,
    `interface Unused { readonly of: 'types' }
export function thrower(_?: Unused): never {
  throw new Error('here')
}
try {
  thrower()
} catch (error) {
  process.stdout.write((error as Error).stack ?? '')
}
thrower()
`
  )
  await build({ ...plainBundle, entryPoints: [source], outfile: file, sourcemap: 'linked', minifyWhitespace: true })
  const failed: ExecFileException & { stdout?: string } = await run(process.execPath, [startBundle, file]).then(
    () => ({ name: 'none', message: 'it did not fail' }),
    error => error
  )
  expect(failed.stdout).toMatch(new RegExp(`^Error: here\n    at thrower \\(${source}:3:9\\)\n    at .*${source}:6:3`))
  expect(failed.message).toContain(`at thrower (${source}:3:9)`)
  expect(failed.message).toContain(`${source}:10:1`)
})

test('a stack without a map stays as it is', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'start-bundle-'))
  const file = join(folder.path, 'bundle.cjs')
  await writeFile(file, "process.stdout.write(new Error('here').stack)")
  const { stdout } = await run(process.execPath, [startBundle, file])
  expect(stdout).toContain(`Error: here\n    at Object.<anonymous> (${file}:1:22)`)
})
