import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { builtVersion, findK6 } from './find-k6.ts'

test('k6 on PATH is taken', async () => {
  const { bin, find } = await machine()
  await script(bin, 'k6', 'echo "k6 v1.9.0 (go1.26, linux/amd64)"')
  expect(await find()).toEqual({ command: 'k6', version: 'v1.9.0' })
})

test('one that is too old is not: it is built, and found built the next time', async () => {
  const { bin, cache, find, sentences } = await machine()
  await script(bin, 'k6', 'echo "k6 v0.57.0 (go1.24, linux/amd64)"')
  await script(bin, 'go', `printf '#!/bin/sh\\necho "k6 ${builtVersion} (go1.26)"\\n' > $GOBIN/k6; chmod +x $GOBIN/k6`)
  const k6 = { command: join(cache, `k6-${builtVersion}`, 'k6'), version: builtVersion }
  expect(await find()).toEqual(k6)
  expect(sentences.join()).toContain('v0.57.0 on PATH is too old')
  await script(bin, 'go', 'exit 1')
  expect(await find()).toEqual(k6)
})

test('without k6 and Go it says what to install', async () => {
  const { find } = await machine()
  await expect(find()).rejects.toThrow('neither k6 nor go is on PATH. Install k6')
})

test('a build that fails says why and leaves nothing behind', async () => {
  const { bin, cache, find } = await machine()
  await script(bin, 'go', 'echo "go: module lookup disabled" >&2; exit 1')
  await expect(find()).rejects.toThrow('go: module lookup disabled')
  expect(await readdir(cache)).toEqual([])
})

/** With nothing on PATH but what the test puts there. */
async function machine() {
  const root = await mkdtemp(join(tmpdir(), 'find-k6-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  const bin = join(root, 'bin')
  const cache = join(root, 'cache')
  await mkdir(bin)
  const sentences: string[] = []
  const find = () =>
    findK6({
      signal: new AbortController().signal,
      progress: sentence => void sentences.push(sentence),
      env: { PATH: bin },
      cache
    })
  return { bin, cache, find, sentences }
}

async function script(bin: string, name: string, line: string): Promise<void> {
  const file = join(bin, name)
  await writeFile(file, `#!/bin/sh\nPATH=/usr/bin:/bin\n${line}\n`)
  await chmod(file, 0o755)
}
