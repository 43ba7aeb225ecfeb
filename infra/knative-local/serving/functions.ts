// Every Service of the plan as a function on this machine: bundled, started, watched, and reachable at a port that stays.
import { join } from 'node:path'
import { functionsDirectory } from '../../bundle.ts'
import type { Service } from '../manifests/plan.ts'
import { startBundles } from './bundles.ts'
import { type EnvironmentSources, functionOf, serviceEnvironment } from './environment.ts'
import { createFunctionService, type FunctionService } from './function-service.ts'
import { startInstance } from './instance.ts'
import { addRunDirectory, removeRunDirectory } from './run-directories.ts'
import { logToScreen } from '../parts/log-to-screen.ts'
import { isFree } from '../parts/ports.ts'
import type { Processes } from '../parts/processes.ts'
import type { Reporting } from '../parts/reporting.ts'

export interface Functions {
  /** By the name of the Service. */
  readonly services: ReadonlyMap<string, FunctionService>
  /** Starts one instance of each that wants one. */
  start(): Promise<void>
  /** Settings that were edited in YAML. */
  apply(services: readonly Service[]): Promise<void>
  stop(): Promise<void>
}

export interface FunctionsOptions extends Reporting {
  readonly services: readonly Service[]
  readonly ports: ReadonlyMap<string, number>
  readonly firstInstancePort: number
  readonly lastInstancePort: number
  readonly stateDirectory: string
  /** Asked for at each start of an instance: addresses are known late. */
  sources(): EnvironmentSources
}

/** Builds and takes the ports; `start` runs them. */
export async function createFunctions(processes: Processes, options: FunctionsOptions): Promise<Functions> {
  const { ports, stateDirectory, sources, report, pidChanged } = options
  const nextPort = instancePorts(options.firstInstancePort, options.lastInstancePort)
  const specs = new Map(options.services.map(service => [service.name, service]))
  const targetOf = (name: string): string | undefined => {
    const spec = specs.get(name)
    return spec && functionOf(spec)
  }

  const bundles = await startBundles({
    names: options.services.map(functionOf),
    sources: functionsDirectory,
    directory: join(stateDirectory, 'functions'),
    changed: target => void reload(target),
    broken: (target, message) => report(`${target} cannot be built, the last good one stays:\n${message}`)
  })

  const launch = async (service: Service, how: { readonly mustBeReady: boolean }) => {
    const target = functionOf(service)
    return startInstance(
      processes,
      {
        name: service.name,
        file: bundles.file(target),
        port: await nextPort(),
        env: {
          PATH: process.env.PATH ?? '',
          NODE_ENV: 'production', // as in the image
          NODE_COMPILE_CACHE: join(stateDirectory, 'compile-cache'),
          ...serviceEnvironment(service, sources())
        },
        onLine: logToScreen(target, report)
      },
      how
    )
  }

  const services = new Map<string, FunctionService>()
  for (const service of options.services) {
    const port = ports.get(service.name)
    if (port === undefined) throw new Error(`Service ${service.name} has no port`)
    services.set(service.name, await createFunctionService(service, { port, launch, report, pidChanged }))
    await addRunDirectory(join(functionsDirectory, functionOf(service)), port)
  }

  async function reload(target: string): Promise<void> {
    for (const [name, spec] of specs) {
      if (functionOf(spec) !== target) continue
      const startedAt = performance.now()
      try {
        await services.get(name)?.replace(spec)
        report(`${target} reloaded in ${Math.round(performance.now() - startedAt)} ms`)
      } catch (error) {
        report(`${target} was not reloaded, the one before stays: ${error instanceof Error ? error.message : error}`)
      }
    }
  }

  return {
    services,
    async start() {
      await Promise.all([...services.values()].map(service => service.start()))
    },
    async apply(edited) {
      for (const spec of edited) {
        const before = specs.get(spec.name)
        const service = services.get(spec.name)
        if (!before || !service) {
          report(`Service ${spec.name} is new: it is started at the next npm run dev`)
          continue
        }
        if (sameSettings(before, spec)) continue
        if (functionOf(spec) !== functionOf(before)) {
          report(`Service ${spec.name} runs another function now: that takes a new npm run dev`)
          continue
        }
        serviceEnvironment(spec, sources()) // throws before anything has changed
        await service.replace(spec)
        specs.set(spec.name, spec)
        report(`${spec.name} runs with its new settings`)
      }
    },
    async stop() {
      await bundles.close()
      await Promise.all(
        [...services].map(async ([name, service]) => {
          await service.stop()
          const target = targetOf(name)
          if (target) await removeRunDirectory(join(functionsDirectory, target), service.port)
        })
      )
    }
  }
}

function sameSettings(a: Service, b: Service): boolean {
  return JSON.stringify({ ...a, origin: undefined }) === JSON.stringify({ ...b, origin: undefined })
}

function instancePorts(first: number, last: number): () => Promise<number> {
  let next = first
  return async () => {
    for (let tries = first; tries <= last; tries += 1) {
      const port = next
      next = next === last ? first : next + 1
      if (await isFree(port)) return port
    }
    throw new Error(`No free port between ${first} and ${last} for an instance of a function`)
  }
}
