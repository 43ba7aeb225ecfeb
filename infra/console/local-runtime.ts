// What only the runtime of this machine has, by its state folder.
import { readEndpoints } from '../knative-local/index.ts'
import { openTraces, type Traces } from '../knative-local/traces.ts'
import type { Sources } from './reads/sources.ts'

export function localRuntime(stateDirectory: string): Pick<Sources, 'local' | 'traces'> {
  let traces: Traces | undefined
  return {
    async local() {
      const endpoints = await readEndpoints(stateDirectory)
      if (endpoints === undefined) throw new Error(`Nothing runs on ${stateDirectory}. Start it with npm run dev.`)
      return endpoints
    },
    traces: async () => (traces ??= openTraces(stateDirectory))
  }
}
