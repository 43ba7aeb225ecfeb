// Every Service of the plan as a function on this machine: bundled, started, watched, and reachable at a port that stays.
import { join } from 'node:path'
import type { Service } from '../manifests/plan.ts'
import { logToScreen } from '../parts/log-to-screen.ts'
import { isFree } from '../parts/ports.ts'
import type { Processes } from '../parts/processes.ts'
import type { Reporting } from '../parts/reporting.ts'
import type { ServicePorts } from '../parts/service-ports.ts'
import type { FunctionSources } from '../project.ts'
import { startBundles } from './bundles.ts'
import { type EnvironmentSources, functionOf, serviceEnvironment } from './environment.ts'
import { createFunctionService, type FunctionService } from './function-service.ts'
import { type Instance, startInstance } from './instance.ts'
import { addRunDirectory, removeRunDirectory } from './run-directories.ts'

export interface Functions {
  /** By the name of the Service; an edit adds and removes some. */
  readonly services: ReadonlyMap<string, FunctionService>
  /** Starts one instance of each that wants one. */
  start(): Promise<void>
  /** Services that were added, removed or edited in YAML. What is wrong with one is reported and stops no other. */
  apply(services: readonly Service[]): Promise<void>
  stop(): Promise<void>
}

export interface FunctionsOptions extends Reporting {
  readonly services: readonly Service[]
  readonly sources: FunctionSources
  readonly ports: ServicePorts
  readonly firstInstancePort: number
  readonly lastInstancePort: number
  readonly stateDirectory: string
  /** The function that runs with an inspector; by its folder or its Service. */
  readonly inspect?: string | undefined
  readonly inspectorPort?: number
  /** Asked for at each start of an instance: addresses are known late. */
  environment(): EnvironmentSources
}

/** Where editors look for a program to attach to. */
const defaultInspectorPort = 9_229
/** SIGUSR1 opens the inspector, and so not before the process that had it has ended. https://nodejs.org/api/process.html#signal-events */
const inspected = { waitsForever: true, tookOver: ({ process }: Instance) => process.signal('SIGUSR1') }

interface Running {
  spec: Service
  /** The folder of the function that it runs. */
  target: string
  readonly service: FunctionService
}

/** Builds and takes the ports; `start` runs them. */
export async function createFunctions(processes: Processes, options: FunctionsOptions): Promise<Functions> {
  const { sources, ports, stateDirectory, environment, report, pidChanged } = options
  const functionsDirectory = sources.directory
  const nextPort = instancePorts(options.firstInstancePort, options.lastInstancePort)
  const running = new Map<string, Running>()
  const services = new Map<string, FunctionService>()

  const bundles = await startBundles({
    sources,
    directory: join(stateDirectory, 'functions'),
    changed: targets => {
      for (const one of running.values()) if (targets.includes(one.target)) void reload(one)
    },
    broken: (target, message) => report(`${target} cannot be built:\n${message}`)
  })

  const isInspected = (spec: Service): boolean => [spec.name, functionOf(spec)].includes(options.inspect ?? '')
  const launch = async (spec: Service, how: { readonly mustBeReady: boolean }) => {
    const target = functionOf(spec)
    const show = logToScreen(target, report)
    return startInstance(
      processes,
      {
        name: spec.name,
        file: bundles.file(target),
        port: await nextPort(),
        nodeFlags: isInspected(spec)
          ? [`--inspect-port=127.0.0.1:${options.inspectorPort ?? defaultInspectorPort}`]
          : [],
        env: {
          PATH: process.env.PATH ?? '',
          NODE_ENV: 'production', // as in the image
          NODE_COMPILE_CACHE: join(stateDirectory, 'compile-cache'),
          ...serviceEnvironment(spec, environment())
        },
        // What it says at each further failure of its start is in its log.
        onLine: line => void (services.get(spec.name)?.problem() === undefined && show(line))
      },
      how
    )
  }

  async function reload({ spec, target, service }: Running): Promise<void> {
    const startedAt = performance.now()
    try {
      await service.replace(spec)
      report(`${target} reloaded in ${Math.round(performance.now() - startedAt)} ms`)
    } catch (error) {
      report(`${target} was not reloaded, the one before stays: ${messageOf(error)}`)
    }
  }

  /** Answers those that are there now. */
  async function add(specs: readonly Service[]): Promise<FunctionService[]> {
    const named = await keepGood(specs, async spec => ({ ...spec, target: functionOf(spec) }))
    await bundles.add(named.map(({ target }) => target))
    return keepGood(named, async ({ target, ...spec }) => {
      const port = ports.current().get(spec.name)
      if (port === undefined) throw new Error('it has no port')
      const service = await createFunctionService(spec, {
        port,
        launch,
        ...(isInspected(spec) && inspected),
        report,
        pidChanged
      })
      running.set(spec.name, { spec, target, service })
      services.set(spec.name, service)
      await addRunDirectory(join(functionsDirectory, target), port)
      return service
    })
  }

  /** Each that fails is reported, and left out of the answer. */
  async function keepGood<S extends Service, T>(specs: readonly S[], make: (spec: S) => Promise<T>): Promise<T[]> {
    const made = await Promise.all(
      specs.map(spec =>
        make(spec).then(
          one => [one],
          (error: Error) => {
            report(`Service ${spec.name} cannot be started: ${error.message}`)
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
    await removeRunDirectory(join(functionsDirectory, target), port)
    if (![...running.values()].some(one => one.target === target)) bundles.remove(target)
  }

  async function change(one: Running, next: Service): Promise<void> {
    const [before, target] = [one.target, functionOf(next)]
    serviceEnvironment(next, environment()) // throws before anything has changed
    await bundles.add([target])
    await one.service.replace(next)
    Object.assign(one, { spec: next, target })
    if (before !== target) {
      await leave(before, one.service.port)
      await addRunDirectory(join(functionsDirectory, target), one.service.port)
    }
    report(`${next.name} runs with its new settings`)
  }

  await ports.assign(options.services.map(({ name }) => name))
  await add(options.services)

  return {
    services,
    async start() {
      await Promise.all([...services.values()].map(service => service.start()))
    },
    async apply(edited) {
      const names = new Set(edited.map(({ name }) => name))
      for (const one of [...running.values()].filter(({ spec }) => !names.has(spec.name))) {
        await remove(one)
        report(`${one.spec.name} was removed and has stopped`)
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
        const one = running.get(spec.name)
        if (one && !sameSettings(one.spec, spec)) await change(one, spec)
      })
    },
    async stop() {
      await bundles.close()
      await Promise.all(
        [...running.values()].map(async ({ target, service }) => {
          await service.stop()
          await removeRunDirectory(join(functionsDirectory, target), service.port)
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
