import { build } from 'esbuild'
import { execFile } from 'node:child_process'
import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { bundleOptions } from '../../../infra/bundle.ts'
import { startArguments } from '../../../infra/knative-local/single-parts.ts'

test('a bundle as its image runs it names the lines of its sources, without the message', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'frames-'))
  const source = join(folder.path, 'functions/thrower')
  await mkdir(source, { recursive: true })
  await writeFile(
    join(source, 'handler.ts'),
    `import { sourceFrames } from '${join(import.meta.dirname, 'source-frames.ts')}'

interface Unused { readonly of: 'types' }

function handler(_: Unused | undefined): void {
  throw new Error('at message (functions/no/frame.ts:1:1)')
}
try {
  handler(undefined)
} catch (error) {
  process.stdout.write(JSON.stringify(sourceFrames(error as Error)))
}
`
  )
  const outfile = join(folder.path, 'function.cjs')
  const { footer: _, ...options } = bundleOptions('thrower', outfile)
  await build({ ...options, entryPoints: [join(source, 'handler.ts')] })
  for (const start of [[outfile], startArguments(outfile)]) {
    const { stdout } = await promisify(execFile)(process.execPath, start)
    const [innermost, ...callers] = JSON.parse(stdout) as string[]
    expect(innermost).toBe('at handler (functions/thrower/handler.ts:6:9)')
    expect(callers.join()).toContain('functions/thrower/handler.ts:9:3')
  }
})
