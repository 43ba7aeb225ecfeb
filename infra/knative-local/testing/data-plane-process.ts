// The data plane as its own process, as the local runtime and people run it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { openProcesses, type Exit } from '../processes/processes.ts'
import { until } from '../until.ts'
import type { DataPlaneStatus } from '../dataplane/status/status.ts'

export interface DataPlaneProcess {
  readonly exited: Promise<Exit>
  status(): Promise<DataPlaneStatus>
  /** Replaces the YAML. */
  write(yaml: string): Promise<void>
  /** SIGTERM. */
  stop(): Promise<Exit>
  /** SIGKILL. */
  kill(): Promise<void>
  /** Whatever is left of it. */
  cleanUp(): Promise<void>
}

/** The program `dataplane`: TypeScript here, JavaScript in the package. */
export const dataPlaneEntry = join(import.meta.dirname, `../cli/dataplane${extname(import.meta.filename)}`)
const READY_WITHIN_MS = 60_000

export async function startDataPlane(
  yaml: string,
  bootstrap: readonly string[],
  entry = dataPlaneEntry
): Promise<DataPlaneProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'dataplane-process-'))
  const file = join(directory, 'source.yaml')
  await writeFile(file, yaml)
  const processes = openProcesses(directory)
  const lines: string[] = []
  const child = processes.start({
    name: 'dataplane',
    command: process.execPath,
    args: [entry, '-f', file, '--bootstrap', bootstrap.join(','), ...freePorts],
    env: { ...process.env, NODE_NO_WARNINGS: '1', LOG_LEVEL: 'info' },
    onLine: line => void lines.push(line)
  })
  const cleanUp = async (): Promise<void> => {
    processes.killAll()
    await child.exited
    await processes.close()
    await rm(directory, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    await until(`ready from the data plane`, READY_WITHIN_MS, async () => {
      if (!child.isRunning()) throw new Error(`it ended: ${lines.join('\n')}`)
      return lines.includes('ready')
    })
  } catch (error) {
    await cleanUp()
    throw error
  }
  const statusUrl = /"status":"([^"]+)"/.exec(lines.join('\n'))?.[1] ?? ''
  return {
    exited: child.exited,
    status: async () => (await (await fetch(statusUrl)).json()) as DataPlaneStatus,
    write: text => writeFile(file, text),
    stop: () => child.stop(10_000),
    kill: async () => {
      child.signal('SIGKILL')
      await child.exited
    },
    cleanUp
  }
}

const freePorts = ['--ingress-port', '0', '--sink-port', '0', '--status-port', '0']
