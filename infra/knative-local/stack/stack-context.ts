// What a part gets of the stack and of the other parts.
import type { ClusterAddresses } from '../parts/cluster-addresses.ts'
import { type Credentials, newCredentials } from '../parts/credentials.ts'
import { fetchJars } from '../parts/jars.ts'
import { findJava } from '../parts/java.ts'
import { createSecrets } from '../parts/secrets.ts'
import type { BegunParts } from './begun-parts.ts'
import type { Part, StackContext } from './part.ts'

/** Of a stack. */
export type Given = 'stateDirectory' | 'servicePorts' | 'inspect' | 'processes' | 'progress' | 'report' | 'pidChanged'

interface Known extends Pick<StackContext, Given | 'plan' | 'project'> {
  readonly portBase: number
  readonly parts: readonly Part[]
  readonly running: Pick<BegunParts, 'get' | 'secrets'>
}

export function createContext({ portBase, parts, running, ...given }: Known): StackContext {
  const { plan, progress, servicePorts } = given
  const credentials = new Map<string, Credentials>()
  let java: ReturnType<StackContext['java']> | undefined
  const context: StackContext = {
    ...given,
    port: offset => portBase + offset,
    servicePort: name => servicePorts.current().get(name),
    credentials(name) {
      const known = credentials.get(name) ?? newCredentials(name)
      credentials.set(name, known)
      return known
    },
    java() {
      java ??= (async () => {
        const found = await findJava()
        return { java: found, jars: await progress.step('jars are there', () => fetchJars(found, progress.say)) }
      })()
      return java
    },
    addresses: () => merged(parts.map(part => part.addresses?.(plan(), context) ?? {})),
    secrets: () => createSecrets(plan().objects, running.secrets()),
    running: running.get
  }
  return context
}

function merged(all: readonly Partial<ClusterAddresses>[]): ClusterAddresses {
  return {
    http: new Map(all.flatMap(({ http }) => [...(http ?? [])])),
    bootstrap: new Map(all.flatMap(({ bootstrap }) => [...(bootstrap ?? [])]))
  }
}
