// Every Service of the plan as a process on this machine: built, started, watched, and reachable at a port that stays.
import type { Service } from '../manifests/plan.ts'
import { logToScreen } from '../processes/log-to-screen.ts'
import type { Processes } from '../processes/processes.ts'
import type { Reporting } from '../processes/reporting.ts'
import type { ServicePorts } from '../state/service-ports.ts'
import { type EnvironmentSources, serviceEnvironment } from './environment.ts'
import type { ServicePrograms } from './configured-programs.ts'
import { createFunctionService, type FunctionService } from './function-service.ts'
import { GivenUp, type Instance, type StartOptions, startInstance } from './instance.ts'
import { instancePorts } from './instance-ports.ts'
import type { ProgramEvents, Programs } from './programs.ts'
import { answersOk } from '../stack/part-process.ts'
import { addRunDirectory, removeRunDirectory } from './run-directories.ts'

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

/** Where editors look for a program to attach to. */
const defaultInspectorPort = 9_229
/** SIGUSR1 opens the inspector, and so not before the process that had it has ended. https://nodejs.org/api/process.html#signal-events */
const inspected = { waitsForever: true, tookOver: ({ process }: Instance) => process.signal('SIGUSR1') }

interface Running {
  spec: Service
  /** The name of the program that it runs. */
  target: string
  readonly service: FunctionService
}

/** Builds and takes the ports; `start` runs them. */
export async function createFunctions(processes: Processes, options: FunctionsOptions): Promise<Functions> {
  const { ports, environment, report, pidChanged } = options
  const nextPort = instancePorts(options.firstInstancePort, options.lastInstancePort)
  const running = new Map<string, Running>()
  const services = new Map<string, FunctionService>()

  const programs = await options.startPrograms({
    changed: (targets, files) => {
      for (const one of running.values()) if (targets.includes(one.target)) void reload(one, files)
    },
    broken: (target, message) => report(`${target} cannot be built:\n${message}`)
  })

  const hasProgram = (spec: Service): boolean => {
    try {
      return programs.nameOf(spec) !== ''
    } catch {
      return false
    }
  }
  const isInspected = (spec: Service): boolean => [spec.name, programs.nameOf(spec)].includes(options.inspect ?? '')
  const launch = async (spec: Service, how: StartOptions) => {
    const target = programs.nameOf(spec)
    const show = logToScreen(target, report)
    const inspectorPort = isInspected(spec) ? (options.inspectorPort ?? defaultInspectorPort) : undefined
    const program = programs.program(target, inspectorPort)
    return startInstance(
      processes,
      {
        name: spec.name,
        program,
        port: await nextPort(),
        env: { ...program.env, ...serviceEnvironment(spec, environment(), program.override) },
        // What it says at each further failure of its start is in its log.
        onLine: line => void (services.get(spec.name)?.problem() === undefined && show(line))
      },
      how
    )
  }

  async function reload({ spec, target, service }: Running, files?: string): Promise<void> {
    const startedAt = performance.now()
    try {
      await service.replace(spec)
      const why = files === undefined ? '' : `: ${files}`
      report(`${target} reloaded in ${Math.round(performance.now() - startedAt)} ms${why}`)
    } catch (error) {
      if (error instanceof GivenUp) return // by a later edit, or the end
      report(`${target} was not reloaded, the one before stays: ${messageOf(error)}`)
    }
  }

  /** Answers those that are there now. */
  async function add(specs: readonly Service[]): Promise<FunctionService[]> {
    const named = await keepGood(specs, async spec => {
      refuseNamesake(spec)
      return { ...spec, target: programs.nameOf(spec) }
    })
    await programs.add(named.map(({ target }) => target))
    return keepGood(named, async ({ target, ...spec }) => {
      const port = ports.current().get(spec.name)
      if (port === undefined) throw new Error('it has no port')
      const service = await createFunctionService(spec, {
        port,
        launch,
        ...(isInspected(spec) && inspected),
        subscribedRequests: () => options.subscribedRequests?.(spec) ?? 0,
        moved: async () => options.moved?.(),
        report,
        pidChanged
      })
      running.set(spec.name, { spec, target, service })
      services.set(spec.name, service)
      await noteRun(target, port)
      return service
    })
  }

  /** `func invoke` finds a function by what is in its folder. */
  async function noteRun(target: string, port: number): Promise<void> {
    const folder = programs.folderOf(target)
    if (folder !== undefined) await addRunDirectory(folder, port)
  }

  async function forgetRun(target: string, port: number): Promise<void> {
    const folder = programs.folderOf(target)
    if (folder !== undefined) await removeRunDirectory(folder, port)
  }

  /** Names are what people call Services by here, and logs and ports go by them. */
  function refuseNamesake({ namespace, name }: Service): void {
    const other = present.find(one => one.name === name)
    if (other && other.namespace !== namespace) {
      throw new Error(`another one of this name is in ${other.namespace}, and one machine has room for one of them`)
    }
  }

  /** Each that fails is reported, and left out of the answer. */
  async function keepGood<S extends Service, T>(specs: readonly S[], make: (spec: S) => Promise<T>): Promise<T[]> {
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

  async function remove({ spec, target, service }: Running): Promise<void> {
    running.delete(spec.name)
    services.delete(spec.name)
    await service.stop()
    await leave(target, service.port)
    pidChanged()
  }

  /** Another Service may run the same function. */
  async function leave(target: string, port: number): Promise<void> {
    await forgetRun(target, port)
    if (![...running.values()].some(one => one.target === target)) programs.remove(target)
  }

  async function change(one: Running, next: Service): Promise<void> {
    const before = { spec: one.spec, target: one.target }
    const target = programs.nameOf(next)
    await programs.add([target])
    serviceEnvironment(next, environment(), programs.program(target).override) // throws before anything has changed
    Object.assign(one, { spec: next, target }) // a reload that comes now is one of these
    try {
      await one.service.replace(next)
    } catch (error) {
      if (error instanceof GivenUp) return
      Object.assign(one, before)
      throw error
    }
    if (before.target !== target) {
      await leave(before.target, one.service.port)
      await noteRun(target, one.service.port)
    }
    report(`${next.name} runs with its new settings`)
  }

  let present = options.services
  await ports.assign(present.map(({ name }) => name))
  await add(present)

  return {
    services,
    programOf: name => running.get(name)?.target,
    async isHealthy(name) {
      const service = services.get(name)
      const problem = service?.problem()
      if (problem !== undefined) throw new Error(problem)
      if (!service?.isReady()) return false
      const { probes } = programs.program(running.get(name)?.target ?? '')
      return service.pid() === undefined || !probes || answersOk(`${service.url}${probes.readiness}`)
    },
    async start() {
      await Promise.all([...services.values()].map(service => service.start()))
    },
    async apply(edited, configured) {
      present = edited
      const others = configured ? await programs.configure(configured) : new Set<string>()
      const names = new Set(edited.map(({ name }) => name))
      for (const one of [...running.values()].filter(({ spec }) => !names.has(spec.name) || !hasProgram(spec))) {
        await remove(one)
        report(`${one.spec.name} ${names.has(one.spec.name) ? '' : 'was removed and '}has stopped`)
      }
      await ports.assign([...names])
      const [known, fresh] = [
        edited.filter(({ name }) => running.has(name)),
        edited.filter(({ name }) => !running.has(name))
      ]
      await Promise.all(
        (await add(fresh)).map(async service => {
          await service.start()
          if (service.problem() === undefined) report(`${service.name} is new, at ${service.url}`)
        })
      )
      await keepGood(known, async spec => {
        refuseNamesake(spec)
        const one = running.get(spec.name)
        if (!one) return
        const target = programs.nameOf(spec)
        if (target !== one.target || others.has(target) || !sameSettings(one.spec, spec)) await change(one, spec)
      })
      for (const service of services.values()) service.subscriptionsChanged()
    },
    async stop() {
      await programs.close()
      await Promise.all(
        [...running.values()].map(async ({ target, service }) => {
          await service.stop()
          await forgetRun(target, service.port)
        })
      )
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function sameSettings(a: Service, b: Service): boolean {
  return JSON.stringify({ ...a, origin: undefined }) === JSON.stringify({ ...b, origin: undefined })
}
