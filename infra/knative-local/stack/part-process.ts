// A process of a part as `status`, the commands on parts and tests handle it: seen, stopped, killed, paused and started again.
import type { SupervisedProcess } from '../processes/supervise.ts'
import type { RunningProcess } from '../processes/processes.ts'

export interface PartProcess {
  /** broker-1, postgres, connect, registry, dataplane, or the name of a Service. */
  readonly name: string
  /** Where it answers, for a person. */
  readonly address: string
  pid(): number | undefined
  /** @throws with the reason, where one is known */
  isHealthy(): Promise<boolean>
  /** Resolves when it answers. */
  start(): Promise<void>
  /** In order; stays down until `start`. */
  stop(): Promise<void>
  /** SIGKILL. A function and the data plane come back automatically, as in a cluster; the others stay down until `start`. */
  kill(): Promise<void>
  signal(signal: NodeJS.Signals): void
}

const healthTimeoutMs = 3_000

interface Server extends SupervisedProcess {
  answers(): Promise<void>
}

export function serverProcess(
  name: string,
  address: string,
  server: Server,
  isHealthy: () => Promise<boolean>
): PartProcess {
  return {
    name,
    address,
    pid: () => pidOf(server.process()),
    isHealthy,
    async start() {
      await server.start()
      await server.answers()
    },
    stop: server.stop,
    kill: server.kill,
    signal: signal => server.process()?.signal(signal)
  }
}

export function pidOf(running: RunningProcess | undefined): number | undefined {
  return running?.isRunning() ? running.pid : undefined
}

export async function readJson(url: string, timeoutMs = healthTimeoutMs): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return response.json()
}

/** @throws with the status of an answer that is none of success */
export async function answersOk(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(healthTimeoutMs) })
  await response.body?.cancel()
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return true
}
