// A function's bundle, the very file of its image: built when a test asks for it, and then there for all tests of the run.
import { access, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { inject } from 'vitest'
import { bundleOptions } from '../bundle.ts'

/** Its file. Two tests that ask at the same time may both build it; both get a whole one. */
export async function functionBundle(name: string): Promise<string> {
  const file = join(inject('functionBundles'), `${name}.cjs`)
  try {
    await access(file)
  } catch {
    const fresh = `${file}.${process.pid}`
    await build(bundleOptions(name, fresh))
    await rename(`${fresh}.map`, `${file}.map`)
    await rename(fresh, file)
  }
  return file
}
