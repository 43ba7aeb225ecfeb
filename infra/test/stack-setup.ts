// The one real stack that all end-to-end tests of a run share.
import type { TestProject } from 'vitest/node'
import type { Endpoints } from '../knative-local/index.ts'
import { createStackFolder } from '../knative-local/testing.ts'
import { devEntry, project } from '../project.ts'

declare module 'vitest' {
  interface ProvidedContext {
    endpoints: Endpoints
    stateDirectory: string
  }
}

/** Within the 15 s that a stop may take, and some for a busy machine. */
const stopTimeoutMs = 30_000

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = await createStackFolder(project, devEntry)
  try {
    const { main, endpoints, stateDirectory } = await folder.startWhole()
    provide('endpoints', endpoints)
    provide('stateDirectory', stateDirectory)
    return async () => {
      await main.stop(stopTimeoutMs)
      await folder.remove()
    }
  } catch (error) {
    await folder.remove()
    throw error
  }
}
