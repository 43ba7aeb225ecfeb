// The parts that have begun: what they say together, and what reaches each of them in the order of their needs.
import type { Endpoints } from '../endpoints.ts'
import type { LiveState } from '../kubernetes-api/live-state.ts'
import type { Plan } from '../manifests/plan.ts'
import { eachAfter } from './each-after.ts'
import type { Findings, Part, RunningPart } from './part.ts'
import type { PartProcess } from './part-process.ts'

export interface BegunParts {
  add(part: Part, running: RunningPart): void
  get<Running extends RunningPart>(part: Part<Running>): Running | undefined
  processes(): readonly PartProcess[]
  endpoints(): Partial<Endpoints>
  states(plan: Plan): Promise<LiveState>
  findings(): Findings
  /** By the name of a Secret: the URL with user and password. */
  secrets(): ReadonlyMap<string, string>
  /** An edited plan, to those that have begun by now: what one made known, the next one passes on. */
  apply(plan: Plan): Promise<void>
  /** What of the last edits is not applied, and why. */
  refusedEdits(): readonly string[]
  /** Each after those that use it. */
  stop(): Promise<void>
}

/** @param all those that may begin, in the order in which their processes are listed */
export function createBegunParts(all: readonly Part[], report: (sentence: string) => void): BegunParts {
  const running = new Map<Part, RunningPart>()
  /** Of the last edited plan, by the part that could not apply it. */
  let notApplied = new Map<Part, string>()
  const each = <T>(of: (part: RunningPart) => T | readonly T[]): T[] => [...running.values()].flatMap(of)

  return {
    add: (part, one) => void running.set(part, one),
    get: part => running.get(part) as never,
    processes: () => all.flatMap(part => running.get(part)?.processes() ?? []),
    endpoints: () => Object.assign({}, ...each(part => part.endpoints())),
    async states(plan) {
      const states = await Promise.all(each(part => part.states(plan)))
      return new Map(states.flatMap(some => [...some]))
    },
    findings() {
      const found = each(part => part.findings?.() ?? [])
      return { healthy: found.every(({ healthy }) => healthy), problems: found.flatMap(({ problems }) => problems) }
    },
    secrets: () => new Map(each(part => [...(part.secrets?.() ?? [])])),
    async apply(plan) {
      const before = all.filter(part => running.has(part))
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
    },
    refusedEdits: () => [...notApplied.values(), ...each(part => part.refusedEdit?.() ?? [])],
    async stop() {
      const stopAfterUsers = eachAfter(
        (part: Part) => all.filter(({ needs }) => needs.includes(part)),
        async part =>
          running
            .get(part)
            ?.stop()
            .catch((error: Error) => report(`${part.name} is not stopped in order: ${error.message}`))
      )
      await Promise.all(all.map(stopAfterUsers))
    }
  }
}
