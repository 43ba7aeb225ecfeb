// The stack: the parts that the YAML asks for, begun and stopped in the order of their needs. Those that do not wait for each
// other start at once.
import type { Endpoints } from '../endpoints.ts'
import type { LiveState } from '../kubernetes-api/live-state.ts'
import type { Plan } from '../manifests/plan.ts'
import type { ClusterAddresses } from '../parts/cluster-addresses.ts'
import { type Credentials, newCredentials } from '../parts/credentials.ts'
import { fetchJars } from '../parts/jars.ts'
import { findJava } from '../parts/java.ts'
import { checkPorts } from '../state/ports.ts'
import { createSecrets } from '../parts/secrets.ts'
import { eachAfter } from './each-after.ts'
import { type Findings, type Part, type RunningPart, type StackContext } from './part.ts'
import type { PartProcess } from './part-process.ts'
import type { Project } from '../project.ts'
import { parts as registered } from './registered.ts'

type Given = 'stateDirectory' | 'servicePorts' | 'inspect' | 'processes' | 'progress' | 'report' | 'pidChanged'

export interface StackOptions extends Pick<StackContext, Given> {
  readonly plan: Plan
  readonly project: Project
  readonly portBase: number
  readonly parts?: readonly Part[]
}

export interface Stack {
  /** Of the parts that the YAML asks for, what each is for. */
  ports(): ReadonlyMap<number, string>
  /** Resolves when all that the YAML asks for works. */
  start(): Promise<void>
  /** An edited plan or project. Parts that it asks for and that do not run are begun; those that it no longer asks for stay. */
  apply(plan: Plan, project?: Project): Promise<void>
  running<Running extends RunningPart>(part: Part<Running>): Running | undefined
  processes(): readonly PartProcess[]
  endpoints(): Partial<Endpoints>
  states(): Promise<LiveState>
  findings(): Findings
  /** What of the last edits is not applied, and why. */
  refusedEdits(): readonly string[]
  /** In order; of parts that have begun. */
  stop(): Promise<void>
}

export function createStack({ plan: first, portBase, parts = registered, ...given }: StackOptions): Stack {
  const { report } = given
  let plan = first
  let project = given.project
  const running = new Map<Part, RunningPart>()
  /** Of the last edited plan, by the part that could not apply it. */
  let notApplied = new Map<Part, string>()
  const context = createContext({ ...given, portBase, parts, running, plan: () => plan, project: () => project })

  const wanted = () => parts.filter(part => part.isWanted(plan, project))
  const portsOf = (all: readonly Part[]): Map<number, string> =>
    new Map(
      all.flatMap(part =>
        Object.entries(part.ports(plan)).map(([offset, use]) => [portBase + Number(offset), use] as const)
      )
    )

  const begun = new Set<Part>()
  const begin = eachAfter(
    (part: Part) => part.needs.filter(need => wanted().includes(need)),
    async part => {
      const one = await part.begin(context)
      running.set(part, one)
      return one
    }
  )

  async function startAll(all: readonly Part[]): Promise<void> {
    for (const part of all) begun.add(part)
    await Promise.all(all.map(part => begin(part).then(one => one.ready)))
  }

  /** In the order of their needs: what one part made known, the next one passes on. */
  async function applyToRunning(): Promise<void> {
    const before = parts.filter(part => running.has(part))
    notApplied = new Map()
    const apply = eachAfter(
      (part: Part) => part.needs.filter(need => before.includes(need)),
      async part =>
        running
          .get(part)
          ?.apply?.(plan)
          .catch((error: Error) => {
            const why = `the edit could not be applied to ${part.name}: ${error.message}`
            notApplied.set(part, why)
            report(why)
          })
    )
    await Promise.all(before.map(apply))
  }

  async function startFresh(): Promise<void> {
    const fresh = wanted().filter(part => !begun.has(part))
    if (fresh.length === 0) return
    report(`the YAML asks for ${fresh.map(({ name }) => name).join(', ')} now: starting`)
    await checkPorts(portsOf(fresh))
      .then(() => startAll(fresh))
      .catch((error: Error) => report(error.message))
  }

  return {
    ports: () => portsOf(wanted()),
    start: () => startAll(wanted()),
    async apply(edited, editedProject = project) {
      plan = edited
      project = editedProject
      await applyToRunning()
      await startFresh()
    },
    running: part => context.running(part),
    processes: () => parts.flatMap(part => running.get(part)?.processes() ?? []),
    endpoints: () => Object.assign({}, ...[...running.values()].map(part => part.endpoints())),
    async states() {
      const states = await Promise.all([...running.values()].map(part => part.states(plan)))
      return new Map(states.flatMap(some => [...some]))
    },
    findings() {
      const all = [...running.values()].flatMap(part => part.findings?.() ?? [])
      return { healthy: all.every(({ healthy }) => healthy), problems: all.flatMap(({ problems }) => problems) }
    },
    refusedEdits: () => [...notApplied.values(), ...[...running.values()].flatMap(part => part.refusedEdit?.() ?? [])],
    async stop() {
      const stopAfterUsers = eachAfter(
        (part: Part) => parts.filter(({ needs }) => needs.includes(part)),
        async part =>
          running
            .get(part)
            ?.stop()
            .catch((error: Error) => report(`${part.name} is not stopped in order: ${error.message}`))
      )
      await Promise.all(parts.map(stopAfterUsers))
    }
  }
}

interface Known extends Pick<StackContext, Given | 'plan' | 'project'> {
  readonly portBase: number
  readonly parts: readonly Part[]
  readonly running: ReadonlyMap<Part, RunningPart>
}

/** What a part gets of the stack and of the other parts. */
function createContext({ portBase, parts, running, ...given }: Known): StackContext {
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
    secrets: () =>
      createSecrets(plan().objects, new Map([...running.values()].flatMap(part => [...(part.secrets?.() ?? [])]))),
    running: part => running.get(part) as never
  }
  return context
}

function merged(all: readonly Partial<ClusterAddresses>[]): ClusterAddresses {
  return {
    http: new Map(all.flatMap(({ http }) => [...(http ?? [])])),
    bootstrap: new Map(all.flatMap(({ bootstrap }) => [...(bootstrap ?? [])]))
  }
}
