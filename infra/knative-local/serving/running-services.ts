// The Services that run, each by its name, with the program that it runs.
import type { Service } from '../manifests/plan.ts'
import type { Processes } from '../processes/processes.ts'
import { serviceEnvironment } from './environment.ts'
import { createFunctionService, type FunctionService } from './function-service.ts'
import type { FunctionsOptions } from './functions.ts'
import type { Instance } from './instance.ts'
import { createLauncher } from './launcher.ts'
import type { Programs } from './programs.ts'
import { createRunningService, type RunningService } from './running-service.ts'
import { addRunDirectory, removeRunDirectory } from './run-directories.ts'

export interface RunningServices {
  readonly services: ReadonlyMap<string, FunctionService>
  /** What it runs, by the name of the Service. */
  programOf(service: string): string | undefined
  /** @throws when it can have no process; one that does not start is there, with its problem */
  add(spec: Service, target: string): Promise<FunctionService>
  /**
   * Runs it with edited settings, or does nothing where they are the same and its program is none of the edited ones.
   * @throws when all stays as it was
   */
  change(spec: Service, editedPrograms: ReadonlySet<string>): Promise<void>
  remove(name: string): Promise<void>
  /** Those that run one of these programs, whose files have changed; where it is not obvious which files, they are named. */
  reload(targets: readonly string[], files?: string): void
  stop(): Promise<void>
}

/** SIGUSR1 opens the inspector, and so not before the process that had it has ended. https://nodejs.org/api/process.html#signal-events */
const inspected = { waitsForever: true, tookOver: ({ process }: Instance) => process.signal('SIGUSR1') }

export function createRunningServices(
  processes: Processes,
  programs: Programs,
  options: FunctionsOptions
): RunningServices {
  const { ports, environment, report, pidChanged } = options
  const running = new Map<string, RunningService>()
  const services = new Map<string, FunctionService>()
  const { launch, isInspected } = createLauncher(
    processes,
    programs,
    options,
    name => services.get(name)?.problem() !== undefined
  )

  /** Another Service may run the same function. */
  async function leave(target: string, port: number): Promise<void> {
    await forgetRun(programs, target, port)
    if (![...running.values()].some(one => one.target() === target)) programs.remove(target)
  }

  return {
    services,
    programOf: name => running.get(name)?.target(),
    async add(spec, target) {
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
      running.set(spec.name, createRunningService(service, spec, target, report))
      services.set(spec.name, service)
      await noteRun(programs, target, port)
      return service
    },
    async change(next, editedPrograms) {
      const one = running.get(next.name)
      if (!one) return
      const before = one.target()
      const target = programs.nameOf(next)
      if (target === before && !editedPrograms.has(target) && sameSettings(one.spec(), next)) return
      await programs.add([target])
      serviceEnvironment(next, environment(), programs.program(target).override) // throws before anything has changed
      if (!(await one.change(next, target))) return
      if (before !== target) {
        await leave(before, one.service.port)
        await noteRun(programs, target, one.service.port)
      }
      report(`${next.name} runs with its new settings`)
    },
    async remove(name) {
      const one = running.get(name)
      if (!one) return
      running.delete(name)
      services.delete(name)
      await one.service.stop()
      await leave(one.target(), one.service.port)
      pidChanged()
    },
    reload(targets, files) {
      for (const one of running.values()) if (targets.includes(one.target())) void one.reload(files)
    },
    async stop() {
      await Promise.all(
        [...running.values()].map(async ({ target, service }) => {
          await service.stop()
          await forgetRun(programs, target(), service.port)
        })
      )
    }
  }
}

/** `func invoke` finds a function by what is in its folder. */
async function noteRun(programs: Programs, target: string, port: number): Promise<void> {
  const folder = programs.folderOf(target)
  if (folder !== undefined) await addRunDirectory(folder, port)
}

async function forgetRun(programs: Programs, target: string, port: number): Promise<void> {
  const folder = programs.folderOf(target)
  if (folder !== undefined) await removeRunDirectory(folder, port)
}

function sameSettings(a: Service, b: Service): boolean {
  return JSON.stringify({ ...a, origin: undefined }) === JSON.stringify({ ...b, origin: undefined })
}
