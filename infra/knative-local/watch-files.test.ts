import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { appendFile, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { until } from './until.ts'
import { watchFiles } from './watch-files.ts'

// What is one change is done within one turn of the event loop: on a busy machine its pieces would lie further apart than the watcher waits.
const run = (command: string, args: readonly string[], cwd?: string) => execFileSync(command, args, { cwd })
/** Longer than a change takes to be reported: what has not come by then does not come. */
const silenceMs = 400

test('every replacement of a file by another one of its name is noticed, once each', async () => {
  const { folder, edits, next } = await watchFolder({ 'a.ts': 'let n = 0' })
  for (let round = 1; round <= 4; round++) {
    await next(() => appendFile(join(folder, 'a.ts'), '\n// appended'))
    await next(() => run('sed', ['-i', `s/n = .*/n = ${round}/`, join(folder, 'a.ts')]))
    await next(() => saveLikeVim(join(folder, 'a.ts'), `let n = ${round}00`))
  }
  await sleep(silenceMs)
  expect(edits).toEqual(Array.from({ length: 12 }, () => ['a.ts']))
})

test('a branch switch of 40 files is one change, and each way of it is noticed', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `part-${index % 4}/file-${index}.ts`)
  const { folder, edits, next } = await watchFolder(Object.fromEntries(names.map(name => [name, 'main'])))
  const git = (...args: string[]) =>
    run('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], folder)
  git('init', '--quiet', '--initial-branch', 'main')
  git('add', '.')
  git('commit', '--quiet', '--message', 'main')
  git('branch', 'other')
  for (const name of names) await writeFile(join(folder, name), 'other')
  await until('the edits', 10_000, async () => edits.flat().length >= 40)
  git('checkout', '--quiet', '-b', 'edited')
  git('commit', '--quiet', '--all', '--message', 'edited')

  for (const branch of ['other', 'edited', 'other']) {
    await next(() => git('checkout', '--quiet', branch))
    expect(edits.at(-1)?.toSorted()).toEqual(names.toSorted())
  }
})

test('a folder that is deleted and made again is followed, itself and those below it', async () => {
  const { folder, edits, next } = await watchFolder({ 'a.ts': '1', 'deep/er/b.ts': '1' })
  for (const content of ['2', '3']) {
    await next(() => rmSync(join(folder, 'deep'), { recursive: true }))
    expect(edits.at(-1)).toEqual(['deep/er/b.ts'])
    await next(() => writeWithFolder(join(folder, 'deep/er/b.ts'), content))
    expect(edits.at(-1)).toEqual(['deep/er/b.ts'])
  }
  await next(() => rmSync(folder, { recursive: true }))
  await next(() => writeWithFolder(join(folder, 'a.ts'), '2'))
  expect(edits.at(-1)).toEqual(['a.ts'])
  await next(() => writeFile(join(folder, 'a.ts'), '3'))
})

test('what does not count is not reported: temporary files of editors, logs, dot folders, a save without a change', async () => {
  const { folder, edits, next } = await watchFolder({ 'a.ts': '1' })
  for (const name of ['4913', '.a.ts.swp', 'a.ts~', '#a.ts#', 'a.log', '.func/runs/1.ts', 'node_modules/x/index.ts'])
    writeWithFolder(join(folder, name), 'x')
  await writeFile(join(folder, 'a.ts'), '1')
  await utimes(join(folder, 'a.ts'), new Date(), new Date())
  await sleep(silenceMs)
  expect(edits).toEqual([])
  await next(() => writeFile(join(folder, 'new.ts'), '1'))
  expect(edits).toEqual([['new.ts']])
})

test('a single file is watched without its neighbours, before it exists and after it is gone', async () => {
  const root = await temporaryFolder()
  const file = join(root, 'not/yet/a.yaml')
  const { edits, next } = await watchPaths(root, [file], { matches: () => false })
  for (const content of ['1', '2']) {
    await next(() => writeWithFolder(file, content))
    await next(() => saveLikeVim(file, `${content} again`))
    await writeFile(join(root, 'not/yet/b.yaml'), content)
    await next(() => rmSync(join(root, 'not'), { recursive: true }))
  }
  await sleep(silenceMs)
  expect(edits).toEqual(Array.from({ length: 6 }, () => ['not/yet/a.yaml']))
})

test('a path that is added later is watched, and says that it is new', async () => {
  const root = await temporaryFolder()
  await writeFile(join(root, 'b.yaml'), '1')
  const { edits, next, watch } = await watchPaths(root, [join(root, 'a.yaml')], { matches: () => false })
  expect(await watch.add([join(root, 'a.yaml')])).toBe(false)
  expect(await watch.add([join(root, 'b.yaml')])).toBe(true)
  await sleep(silenceMs)
  await next(() => run('sed', ['-i', 's/1/2/', join(root, 'b.yaml')]))
  expect(edits).toEqual([['b.yaml']])
})

test('somebody who never stops writing is heard all the same', async () => {
  const { folder, edits } = await watchFolder({ 'a.ts': '' })
  const writing = setInterval(() => void appendFile(join(folder, 'a.ts'), 'x'), 20)
  onTestFinished(() => clearInterval(writing))
  await until('a report', 10_000, async () => edits.length > 0)
  expect(edits[0]).toEqual(['a.ts'])
})

interface Watched {
  readonly folder: string
  readonly edits: string[][]
  readonly watch: Awaited<ReturnType<typeof watchFiles>>
  /** Makes one change and waits for its one report. */
  next(change: () => unknown): Promise<void>
}

async function watchFolder(files: Readonly<Record<string, string>>): Promise<Watched> {
  const folder = join(await temporaryFolder(), 'functions')
  for (const [name, content] of Object.entries(files)) writeWithFolder(join(folder, name), content)
  return watchPaths(folder, [folder], { matches: file => file.endsWith('.ts'), recursive: true })
}

async function watchPaths(
  folder: string,
  paths: string[],
  how: { matches(file: string): boolean; recursive?: boolean }
): Promise<Watched> {
  const edits: string[][] = []
  const watch = await watchFiles({
    ...how,
    paths,
    changed: files => void edits.push([...files].map(file => relative(folder, file))),
    failed: error => expect.unreachable(error.message)
  })
  onTestFinished(watch.close)
  const next = async (change: () => unknown): Promise<void> => {
    const seen = edits.length
    await change()
    await until('the change', 10_000, async () => edits.length > seen, { everyMs: 5 })
    expect(edits.length).toBe(seen + 1)
  }
  return { folder, edits, watch, next }
}

async function temporaryFolder(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'watch-files-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  return root
}

function writeWithFolder(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}

/** With a backup: the file is moved away, and another one is written in its place. */
function saveLikeVim(file: string, content: string): void {
  renameSync(file, `${file}~`)
  writeFileSync(file, content)
  rmSync(`${file}~`)
}
