// A project's whole stack as a child: on free ports, in a folder of its own and with its own copy of the YAML, gone when its parent is,
// however that ends.
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Endpoints, readEndpoints, readWholeEndpoints, type WholeEndpoints } from '../endpoints.ts'
import { manifestPathsIn } from '../manifest-paths.ts'
import { findLeftovers, killLeftovers } from '../processes/leftovers.ts'
import { isFree, portsPerStack } from '../state/ports.ts'
import { openProcesses, type Processes, type RunningProcess } from '../processes/processes.ts'
import { until } from '../until.ts'
import type { Project } from '../project.ts'

export interface LocalStack<Addresses = Endpoints> {
  readonly stateDirectory: string
  readonly portBase: number
  readonly main: RunningProcess
  readonly endpoints: Addresses
}

export interface StackFolder {
  readonly stateDirectory: string
  readonly portBase: number
  /** All that are its own. */
  readonly ports: readonly number[]
  /** Starts main and waits until all is ready. @throws with its output when that fails */
  start(...flags: string[]): Promise<LocalStack>
  /** The same for a project whose YAML asks for every part. */
  startWhole(...flags: string[]): Promise<LocalStack<WholeEndpoints>>
  /** Starts main and does not wait. */
  launch(...flags: string[]): RunningProcess
  output(): string
  /** What of it still runs, and which of its ports are taken. */
  remains(): Promise<{ readonly processes: number[]; readonly ports: number[] }>
  /** Kills what is left and deletes the folder. */
  remove(): Promise<void>
}

/** The first start of all also fetches the jars. */
const startTimeoutMs = 300_000

/** `entry` is the program that calls `runDev`. */
export async function createStackFolder(project: Project, entry: string): Promise<StackFolder> {
  const root = await mkdtemp(join(tmpdir(), 'local-stack-'))
  const stateDirectory = join(root, 'state')
  await mkdir(stateDirectory)
  const portBase = await freePortBase()
  const manifestRoot = join(root, 'manifests')
  for (const path of manifestPathsIn(project)) {
    await cp(join(project.directory, path), join(manifestRoot, path), { recursive: true })
  }
  // Its reaper ends main when this process ends, and main's own reaper ends the rest.
  const processes: Processes = openProcesses(root)
  let output = ''

  const launch = (...flags: string[]): RunningProcess =>
    processes.start({
      name: 'main',
      command: process.execPath,
      args: [
        entry,
        '--state',
        stateDirectory,
        '--port-base',
        String(portBase),
        '--manifests',
        manifestRoot,
        '--no-typecheck',
        ...flags
      ],
      cwd: project.directory,
      env: process.env,
      onLine: line => (output += `${line}\n`)
    })

  async function startWith<Addresses>(
    read: (stateDirectory: string) => Promise<Addresses | undefined>,
    flags: readonly string[]
  ): Promise<LocalStack<Addresses>> {
    const main = launch(...flags)
    let endpoints: Addresses | undefined
    await until(
      'the stack to be ready',
      startTimeoutMs,
      async () => {
        endpoints = await read(stateDirectory)
        return endpoints !== undefined || !main.isRunning()
      },
      { everyMs: 100 }
    )
    if (!endpoints) throw new Error(`The stack did not start:\n${output}`)
    return { stateDirectory, portBase, main, endpoints }
  }

  const ports = Array.from({ length: portsPerStack }, (_, index) => portBase + index)
  return {
    stateDirectory,
    portBase,
    ports,
    launch,
    output: () => output,
    async remains() {
      const free = await Promise.all(ports.map(isFree))
      return {
        processes: await findLeftovers(stateDirectory),
        ports: ports.filter((_, index) => !free[index])
      }
    },
    start: (...flags) => startWith(readEndpoints, flags),
    startWhole: (...flags) => startWith(readWholeEndpoints, flags),
    async remove() {
      processes.killAll()
      await killLeftovers(stateDirectory)
      await killLeftovers(root)
      await processes.close()
      await rm(root, { recursive: true, force: true, maxRetries: 5 })
    }
  }
}

/** All ports of a stack free, from somewhere in the middle of the range so that stacks side by side seldom meet. */
export async function freePortBase(): Promise<number> {
  const first = 12_000
  const places = 180
  const start = process.pid % places
  for (let place = 0; place < places; place++) {
    const base = first + ((start + place) % places) * portsPerStack
    const free = await Promise.all(Array.from({ length: portsPerStack }, (_, index) => isFree(base + index)))
    if (free.every(Boolean)) return base
  }
  throw new Error(`No ${portsPerStack} free ports in a row from ${first} on`)
}
