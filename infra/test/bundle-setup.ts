// A folder for the functions' bundles of a run, each of which is built by the first test that asks for it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    functionBundles: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'function-bundles-'))
  project.provide('functionBundles', folder)
  return () => rm(folder, { recursive: true, force: true })
}
