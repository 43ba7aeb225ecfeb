// The stack: the parts that the YAML asks for, begun and stopped in the order of their needs. Those that do not wait for each
// other start at once.
import type { Endpoints } from '../endpoints.ts'
import type { LiveState } from '../kubernetes-api/live-state.ts'
import type { Plan } from '../manifests/plan.ts'
import { checkPorts } from '../state/ports.ts'
import { createBegunParts } from './begun-parts.ts'
import { eachAfter } from './each-after.ts'
import { type Findings, type Part, type RunningPart, type StackContext } from './part.ts'
import type { PartProcess } from './part-process.ts'
import type { Project } from '../project.ts'
import { parts as registered } from './registered.ts'
import { createContext, type Given } from './stack-context.ts'

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
  const running = createBegunParts(parts, report)
  const context = createContext({ ...given, portBase, parts, running, plan: () => plan, project: () => project })

  const wanted = () => parts.filter(part => part.isWanted(plan, project))
  const portsOf = (all: readonly Part[]): Map<number, string> =>
    new Map(
      all.flatMap(part =>
        Object.entries(part.ports(plan)).map(([offset, use]) => [portBase + Number(offset), use] as const)
      )
    )

  const asked = new Set<Part>()
  const begin = eachAfter(
    (part: Part) => part.needs.filter(need => wanted().includes(need)),
    async part => {
      const one = await part.begin(context)
      running.add(part, one)
      return one
    }
  )

  async function startAll(all: readonly Part[]): Promise<void> {
    for (const part of all) asked.add(part)
    await Promise.all(all.map(part => begin(part).then(one => one.ready)))
  }

  async function startFresh(): Promise<void> {
    const fresh = wanted().filter(part => !asked.has(part))
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
      await running.apply(plan)
      await startFresh()
    },
    running: running.get,
    processes: running.processes,
    endpoints: running.endpoints,
    states: () => running.states(plan),
    findings: running.findings,
    refusedEdits: running.refusedEdits,
    stop: running.stop
  }
}
