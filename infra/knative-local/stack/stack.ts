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
import { type Findings, later, type Part, type RunningPart, type StackContext } from './part.ts'
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
  const { progress, report, servicePorts } = given
  let plan = first
  let project = given.project
  const begun = new Map<Part, Promise<RunningPart>>()
  const running = new Map<Part, RunningPart>()
  const credentials = new Map<string, Credentials>()
  /** Of the last edited plan, by the part that could not apply it. */
  let notApplied = new Map<Part, string>()
  let java: ReturnType<StackContext['java']> | undefined

  const context: StackContext = {
    ...given,
    plan: () => plan,
    project: () => project,
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
    addresses: () => merged(parts.map(part => part.addresses?.(plan, context) ?? {})),
    secrets: () =>
      createSecrets(plan.objects, new Map([...running.values()].flatMap(part => [...(part.secrets?.() ?? [])]))),
    running: part => running.get(part) as never
  }

  const wanted = () => parts.filter(part => part.isWanted(plan, project))

  /** Once, after those that it needs and that are wanted too. */
  function begin(part: Part, all: readonly Part[]): Promise<RunningPart> {
    const known = begun.get(part)
    if (known) return known
    const beginning = later(
      (async () => {
        await Promise.all(part.needs.filter(need => all.includes(need)).map(need => begin(need, all)))
        const one = await part.begin(context)
        running.set(part, one)
        return one
      })()
    )
    begun.set(part, beginning)
    return beginning
  }

  const portsOf = (all: readonly Part[]): Map<number, string> =>
    new Map(
      all.flatMap(part =>
        Object.entries(part.ports(plan)).map(([offset, use]) => [portBase + Number(offset), use] as const)
      )
    )

  async function startAll(all: readonly Part[]): Promise<void> {
    await Promise.all(all.map(part => begin(part, all).then(one => one.ready)))
  }

  async function stopWithUsers(part: Part, stopping: Map<Part, Promise<void>>): Promise<void> {
    const known = stopping.get(part)
    if (known) return known
    const work = (async () => {
      const users = parts.filter(({ needs }) => needs.includes(part))
      await Promise.all(users.map(user => stopWithUsers(user, stopping)))
      await running
        .get(part)
        ?.stop()
        .catch((error: Error) => report(`${part.name} is not stopped in order: ${error.message}`))
    })()
    stopping.set(part, work)
    return work
  }

  return {
    ports: () => portsOf(wanted()),
    start: () => startAll(wanted()),
    async apply(edited, editedProject = project) {
      plan = edited
      notApplied = new Map()
      project = editedProject
      const before = parts.filter(part => running.has(part))
      // In the order of their needs: what one part made known, the next one passes on.
      const applying = new Map<Part, Promise<void>>()
      const applyAfterNeeds = (part: Part): Promise<void> => {
        const known = applying.get(part)
        if (known) return known
        const work = (async () => {
          await Promise.all(part.needs.filter(need => before.includes(need)).map(applyAfterNeeds))
          await running
            .get(part)
            ?.apply?.(edited)
            .catch((error: Error) => {
              const why = `the edit could not be applied to ${part.name}: ${error.message}`
              notApplied.set(part, why)
              report(why)
            })
        })()
        applying.set(part, work)
        return work
      }
      await Promise.all(before.map(applyAfterNeeds))
      const fresh = wanted().filter(part => !begun.has(part))
      if (fresh.length === 0) return
      report(`the YAML asks for ${fresh.map(({ name }) => name).join(', ')} now: starting`)
      await checkPorts(portsOf(fresh))
        .then(() => startAll(fresh))
        .catch((error: Error) => report(error.message))
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
      const stopping = new Map<Part, Promise<void>>()
      await Promise.all(parts.map(part => stopWithUsers(part, stopping)))
    }
  }
}

function merged(all: readonly Partial<ClusterAddresses>[]): ClusterAddresses {
  return {
    http: new Map(all.flatMap(({ http }) => [...(http ?? [])])),
    bootstrap: new Map(all.flatMap(({ bootstrap }) => [...(bootstrap ?? [])]))
  }
}
