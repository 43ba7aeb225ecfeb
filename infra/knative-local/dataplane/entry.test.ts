// What a person sees of `npm run dataplane` when something is wrong before it starts.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

test('wrong options end with status 2 and every problem, alone', async () => {
  const { status, stderr } = await dataplane('--bootstrap', 'nowhere', '--sink-port', 'x')
  expect(status).toBe(2)
  for (const text of ['--file', '--bootstrap', '--sink-port']) expect(stderr).toContain(text)
  expect(stderr).not.toContain('Usage')
})

test('YAML with errors ends with status 1, each with its file and line', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'entry-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const file = join(directory, 'source.yaml')
  await writeFile(
    file,
    'apiVersion: sources.knative.dev/v1\nkind: KafkaSource\nmetadata: { name: a }\nspec: { topics: 5 }\n'
  )
  const { status, stderr } = await dataplane('-f', file, '--bootstrap', '127.0.0.1:9')
  expect(status).toBe(1)
  expect(stderr).toContain(`${file}:4 error`)
  expect(stderr).toContain('Nothing was started')
})

test('help ends with status 0', async () => {
  const { status, stdout } = await dataplane('--help')
  expect(status).toBe(0)
  expect(stdout).toContain('--resolve <NAMESPACE/NAME=URL>')
})

function dataplane(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise(finish => {
    const child = execFile(
      process.execPath,
      [resolve(import.meta.dirname, '../cli/dataplane.ts'), ...args],
      (_, stdout, stderr) => finish({ status: child.exitCode ?? -1, stdout, stderr })
    )
  })
}
