import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { until } from '../until.ts'
import { LogFile } from './log-file.ts'

const maxBytes = 10_000
const line = 'x'.repeat(99)

test('a log never grows beyond its bound, over all the processes that write to it', async () => {
  const { path, folder } = await place()
  for (let process = 0; process < 3; process++) {
    const file = new LogFile(path, { maxBytes })
    for (let batch = 0; batch < 30; batch++) {
      for (let lines = 0; lines < 20; lines++) file.write(line)
      await new Promise(resolve => setImmediate(resolve))
    }
    await file.close()
  }
  expect((await readdir(folder)).toSorted()).toEqual(['part.log', 'part.log.1'])
  const batch = 30 * 20 * (line.length + 1) // what may come while one batch is written
  for (const name of ['part.log', 'part.log.1']) {
    expect((await stat(join(folder, name))).size).toBeLessThan(maxBytes + batch)
  }
})

test('when it is closed, everything is in the file', async () => {
  const { path } = await place()
  const file = new LogFile(path)
  for (let n = 0; n < 1000; n++) file.write(`line ${n}`)
  await file.close()
  const written = (await readFile(path, 'utf8')).split('\n')
  expect([written.length, written[999]]).toEqual([1001, 'line 999'])
})

test('a line after a while is written at once, and those that follow it soon are gathered, up to a size', async () => {
  const { path } = await place()
  const file = new LogFile(path, { gatherMs: 60_000 })
  const written = async (lines: number) =>
    (await readFile(path, 'utf8').catch(() => '')).split('\n').length === lines + 1
  file.write(line)
  await until('the first', 5_000, () => written(1))
  for (let count = 0; count < 600; count++) file.write(line)
  await new Promise(resolve => setImmediate(resolve))
  expect(await written(1)).toBe(true)
  for (let count = 0; count < 100; count++) file.write(line)
  await until('all', 5_000, () => written(701))
  file.write(line)
  await file.close()
  expect(await written(702)).toBe(true)
})

test('what is gathered is written in a moment', async () => {
  const { path } = await place()
  const file = new LogFile(path)
  for (let count = 1; count <= 3; count++) {
    file.write(line)
    await until('it', 5_000, async () => (await stat(path).catch(() => undefined))?.size === count * 100)
  }
  await file.close()
  expect((await stat(path)).size).toBe(300)
})

async function place() {
  const folder = await mkdtemp(join(tmpdir(), 'log-file-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return { folder, path: join(folder, 'part.log') }
}
