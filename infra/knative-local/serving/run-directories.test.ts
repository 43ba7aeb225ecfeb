import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { freePorts } from '../testing/free-ports.ts'
import { addRunDirectory, removeRunDirectory } from './run-directories.ts'

test('what a killed run left goes when the next one starts, and what runs beside it stays', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'run-directories-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const beside = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void beside.close())
  await once(beside, 'listening')
  const { port: runs } = beside.address() as AddressInfo
  const [killed = 0, starts = 0] = await freePorts(2)
  for (const name of [killed, runs, 'notes']) {
    await mkdir(join(folder, '.func', 'runs', String(name)), { recursive: true })
  }

  await addRunDirectory(folder, starts)
  const found = async () => (await readdir(join(folder, '.func', 'runs'))).toSorted()
  expect(await found()).toEqual([String(runs), String(starts), 'notes'].toSorted())
  await removeRunDirectory(folder, starts)
  expect(await found()).toEqual([String(runs), 'notes'])
})
