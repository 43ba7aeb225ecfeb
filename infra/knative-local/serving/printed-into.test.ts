import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

test('the file that takes the output is known, whatever its name, and no other', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'printed-into-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const [output, other] = [join(folder, 'out.txt'), join(folder, 'server.ts')]
  await writeFile(other, '')
  const file = await open(output, 'w')
  const program = `
    const { isPrintedInto } = await import(${JSON.stringify(join(import.meta.dirname, 'printed-into.ts'))})
    console.log(process.argv.slice(1).map(file => isPrintedInto(file)).join())`
  const argv = ['--input-type=module', '--eval', program, output, other, join(folder, 'missing')]
  const child = spawn(process.execPath, argv, { stdio: ['ignore', file.fd, 'inherit'] })
  await once(child, 'exit')
  await file.close()
  expect(await readFile(output, 'utf8')).toBe('true,false,false\n')
})
