import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { LogFile } from './log-file.ts'

const maxBytes = 10_000
const line = 'x'.repeat(99)

test('a log never grows beyond its bound, over all the processes that write to it', async () => {
  const { path, folder } = await place()
  for (let process = 0; process < 3; process++) {
    const file = new LogFile(path, maxBytes)
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

async function place() {
  const folder = await mkdtemp(join(tmpdir(), 'log-file-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return { folder, path: join(folder, 'part.log') }
}
