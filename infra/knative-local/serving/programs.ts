// What stands behind a Service: a bundled function of the project's folder of functions, or what knative-local.json names.
import { join } from 'node:path'
import type { Service } from '../manifests/plan.ts'
import type { Project } from '../project.ts'
import { startBundles } from './bundles.ts'
import { type ServicePrograms, watchConfigured } from './configured-programs.ts'
import { functionOf } from './environment.ts'
import { startArguments } from './start-arguments.ts'

export interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  /** Beside that of the Service. */
  readonly env: Readonly<Record<string, string>>
  /** Takes the place of variables of the Service. */
  readonly override?: Readonly<Record<string, string>>
  /** Without them it is ready when its port takes connections, as Knative's own probe has it. */
  readonly probes?: Probes
}

export interface Probes {
  readonly readiness: string
  readonly liveness: string
}

export interface Programs {
  /** @throws saying what names a program */
  nameOf(service: Service): string
  /** Its folder, where `func` looks for what runs. */
  folderOf(name: string): string | undefined
  /** Resolves when these can be run, or are reported as broken. */
  add(names: readonly string[]): Promise<void>
  remove(name: string): void
  /** knative-local.json has been edited. Answers the names whose program is another one now. */
  configure(services: ServicePrograms): Promise<ReadonlySet<string>>
  /** With an inspector, when a port for it is given. @throws when it cannot be run, with why */
  program(name: string, inspectorPort?: number): Program
  close(): Promise<void>
}

export interface ProgramEvents {
  /** Files have changed, and with them these programs; where it is not obvious which files, they are named. */
  changed(names: readonly string[], files?: string): void
  broken(name: string, message: string): void
}

export type ProgramSources = Pick<Project, 'directory' | 'sources' | 'services'>

/** As the functions of this project answer them. */
const functionProbes: Probes = { readiness: '/health/readiness', liveness: '/health/liveness' }

export async function startPrograms(
  { directory, sources, services = {} }: ProgramSources,
  stateDirectory: string,
  events: ProgramEvents
): Promise<Programs> {
  const bundles = sources && (await startBundles({ sources, directory: join(stateDirectory, 'functions'), ...events }))
  const configured = await watchConfigured(services, { directory, stateDirectory }, events)
  const bundled = (names: readonly string[]) => names.filter(name => !configured.has(name))

  return {
    nameOf(service) {
      const name = configured.nameOf(service)
      if (name !== undefined) return name
      if (sources) return functionOf(service)
      throw new Error(
        `nothing says what it runs: add "services": { "${service.name}": { "entry": "FILE" } } to knative-local.json`
      )
    },
    folderOf: name => (sources && !configured.has(name) ? join(sources.directory, name) : undefined),
    async add(names) {
      await bundles?.add(bundled(names))
    },
    remove(name) {
      if (!configured.has(name)) bundles?.remove(name)
    },
    configure: configured.configure,
    program(name, inspectorPort) {
      const inspector = inspectorPort === undefined ? [] : [`--inspect-port=127.0.0.1:${inspectorPort}`]
      if (configured.has(name)) return configured.program(name, inspector)
      if (!bundles) throw new Error(`${name} is unknown`)
      return {
        command: process.execPath,
        args: [...inspector, ...startArguments(bundles.file(name))],
        env: {
          PATH: process.env.PATH ?? '',
          NODE_ENV: 'production' // as in the image
        },
        probes: functionProbes
      }
    },
    async close() {
      await Promise.all([bundles?.close(), configured.close()])
    }
  }
}
