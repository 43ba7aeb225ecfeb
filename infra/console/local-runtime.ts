// What only the runtime of this machine has, by its state folder.
import { join } from 'node:path'
import { readEndpoints } from '../knative-local/index.ts'
import { openTraces, type Traces } from '../knative-local/traces.ts'
import { openLogTail } from './reads/system/log-tail.ts'
import { localStatus } from './reads/system/parts.ts'
import type { Sources } from './reads/sources.ts'
import { watchUsage } from './reads/system/usage.ts'

export function localRuntime(stateDirectory: string): Pick<Sources, 'local' | 'traces' | 'usage' | 'logs'> {
  let traces: Traces | undefined
  const local = async () => {
    const endpoints = await readEndpoints(stateDirectory)
    if (endpoints === undefined) throw new Error(`Nothing runs on ${stateDirectory}. Start it with npm run dev.`)
    return endpoints
  }
  return {
    local,
    traces: async () => (traces ??= openTraces(stateDirectory)),
    usage: watchUsage(async () => {
      const { parts } = await localStatus(local)
      return new Map(parts.flatMap(({ name, pid }): [string, number][] => (pid === null ? [] : [[name, pid]])))
    }),
    logs: openLogTail(join(stateDirectory, 'logs'))
  }
}
