import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { lockState } from './state-lock.ts'

test('a folder has one lock at a time', async () => {
  const folder = await temporaryFolder()
  const lock = await lockState(folder)
  expect(await readFile(join(folder, 'main.pid'), 'utf8')).toMatch(new RegExp(`^${process.pid}\\n.+\\n$`))
  await lock.release()
  await lockState(folder)
})

test('the lock of a runtime that still runs is respected, and its pid named', async () => {
  const folder = await temporaryFolder()
  const program = join(folder, 'main.ts')
  await writeFile(
    program,
    `import { lockState } from ${JSON.stringify(join(import.meta.dirname, 'state-lock.ts'))}
    await lockState(${JSON.stringify(folder)})
    process.stdout.write('locked')
    setInterval(() => {}, 1_000)`
  )
  const runtime = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void runtime.kill('SIGKILL'))
  await once(runtime.stdout, 'data')
  await expect(lockState(folder)).rejects.toThrow(`already runs on ${folder} (pid ${runtime.pid})`)
})

test.each(['999999999', 'not a pid', '1', `1\nanother program`])('a lock that says %s is taken over', async pid => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'main.pid'), pid)
  await lockState(folder)
  expect(await readFile(join(folder, 'main.pid'), 'utf8')).toMatch(new RegExp(`^${process.pid}\\n.+\\n$`))
})

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'state-lock-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}
