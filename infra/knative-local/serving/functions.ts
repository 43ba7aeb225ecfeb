// Every Service of the plan as a process on this machine: built, started, watched, and reachable at a port that stays.
import type { Service } from '../manifests/plan.ts'
import type { Processes } from '../processes/processes.ts'
import type { Reporting } from '../processes/reporting.ts'
import type { ServicePorts } from '../state/service-ports.ts'
import type { ServicePrograms } from './configured-programs.ts'
import type { EnvironmentSources } from './environment.ts'
import type { FunctionService } from './function-service.ts'
import type { ProgramEvents, Programs } from './programs.ts'
import { createRunningServices, type RunningServices } from './running-services.ts'
import { answersOk } from '../stack/part-process.ts'

export interface Functions {
  /** By the name of the Service; an edit adds and removes some. */
  readonly services: ReadonlyMap<string, FunctionService>
  /** What it runs, by the name of the Service. */
  programOf(service: string): string | undefined
  /** @throws with the reason, where one is known */
  isHealthy(service: string): Promise<boolean>
  /** Starts one instance of each that wants one. */
  start(): Promise<void>
  /** Services that were added, removed or edited, or whose programs were. What is wrong with one is reported and stops no other. */
  apply(services: readonly Service[], programs?: ServicePrograms): Promise<void>
  stop(): Promise<void>
}

export interface FunctionsOptions extends Reporting {
  readonly services: readonly Service[]
  startPrograms(events: ProgramEvents): Promise<Programs>
  readonly ports: ServicePorts
  readonly firstInstancePort: number
  readonly lastInstancePort: number
  /** The function that runs with an inspector; by its folder or its Service. */
  readonly inspect?: string | undefined
  readonly inspectorPort?: number
  /** Asked for at each start of an instance: addresses are known late. */
  environment(): EnvironmentSources
  /** As many as the Sources and Triggers of the present plan may have under way to it. */
  subscribedRequests?(service: Service): number
  /** Some instance is another one. Resolves when nobody sends to those before past their ports any more. */
  moved?(): Promise<void>
}

/** Builds and takes the ports; `start` runs them. */
export async function createFunctions(processes: Processes, options: FunctionsOptions): Promise<Functions> {
  const { ports, report } = options
  let reload: RunningServices['reload'] = () => undefined // nothing runs yet
  const programs = await options.startPrograms({
    changed: (targets, files) => reload(targets, files),
    broken: (target, message) => report(`${target} cannot be built:\n${message}`)
  })
  const running = createRunningServices(processes, programs, options)
  reload = running.reload
  const { services } = running

  /** Answers those that are there now. */
  async function add(fresh: readonly Service[], all: readonly Service[]): Promise<FunctionService[]> {
    const named = await keepGood(fresh, report, async spec => {
      refuseNamesake(spec, all)
      return { spec, target: programs.nameOf(spec) }
    })
    await programs.add(named.map(({ target }) => target))
    const targets = new Map(named.map(({ spec, target }) => [spec, target]))
    return keepGood([...targets.keys()], report, spec => running.add(spec, targets.get(spec) ?? ''))
  }

  await ports.assign(options.services.map(({ name }) => name))
  await add(options.services, options.services)

  return {
    services,
    programOf: running.programOf,
    async isHealthy(name) {
      const service = services.get(name)
      const problem = service?.problem()
      if (problem !== undefined) throw new Error(problem)
      if (!service?.isReady()) return false
      const { probes } = programs.program(running.programOf(name) ?? '')
      return service.pid() === undefined || !probes || answersOk(`${service.url}${probes.readiness}`)
    },
    async start() {
      await Promise.all([...services.values()].map(service => service.start()))
    },
    async apply(edited, configured) {
      const others = configured ? await programs.configure(configured) : new Set<string>()
      const names = new Set(edited.map(({ name }) => name))
      const runnable = new Set(edited.filter(spec => hasProgram(spec, programs)).map(({ name }) => name))
      for (const name of [...services.keys()].filter(known => !runnable.has(known))) {
        await running.remove(name)
        report(`${name} ${names.has(name) ? '' : 'was removed and '}has stopped`)
      }
      await ports.assign([...names])
      const known = edited.filter(({ name }) => services.has(name))
      const fresh = edited.filter(({ name }) => !services.has(name))
      await Promise.all(
        (await add(fresh, edited)).map(async service => {
          await service.start()
          if (service.problem() === undefined) report(`${service.name} is new, at ${service.url}`)
        })
      )
      await keepGood(known, report, async spec => {
        refuseNamesake(spec, edited)
        await running.change(spec, others)
      })
      for (const service of services.values()) service.subscriptionsChanged()
    },
    async stop() {
      await programs.close()
      await running.stop()
    }
  }
}

function hasProgram(spec: Service, programs: Programs): boolean {
  try {
    return programs.nameOf(spec) !== ''
  } catch {
    return false
  }
}

/** Names are what people call Services by here, and logs and ports go by them. */
function refuseNamesake({ namespace, name }: Service, all: readonly Service[]): void {
  const other = all.find(one => one.name === name)
  if (other && other.namespace !== namespace) {
    throw new Error(`another one of this name is in ${other.namespace}, and one machine has room for one of them`)
  }
}

/** Each that fails is reported, and left out of the answer. */
async function keepGood<T>(
  specs: readonly Service[],
  report: (sentence: string) => void,
  make: (spec: Service) => Promise<T>
): Promise<T[]> {
  const made = await Promise.all(
    specs.map(spec =>
      make(spec).then(
        one => [one],
        (error: Error) => {
          report(`Service ${spec.namespace}/${spec.name} cannot be started: ${error.message}`)
          return []
        }
      )
    )
  )
  return made.flat()
}
