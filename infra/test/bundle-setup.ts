// The functions' bundles, built once for all tests of a run.
import { build } from 'esbuild'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { bundleOptions, functionNames } from '../bundle.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder with NAME.cjs for each function. */
    functionBundles: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'function-bundles-'))
  const names = await functionNames()
  await Promise.all(names.map(name => build(bundleOptions(name, join(folder, `${name}.cjs`)))))
  project.provide('functionBundles', folder)
  return () => rm(folder, { recursive: true, force: true })
}
