// The Knative data plane as a process of its own, so that it can be killed like any other part. It reads the YAML itself.
import { extname, join } from 'node:path'
import { z } from 'zod'
import { logToScreen } from './log-to-screen.ts'
import type { Processes, RunningProcess } from './processes.ts'
import type { Reporting } from './reporting.ts'
import { until } from './until.ts'

export interface Dataplane {
  readonly ingressUrl: string
  readonly sinkIngressUrl: string
  readonly statusUrl: string
  start(): void
  /** Resolves when every source consumes. While `topicsAreMissing`, those that wait for a topic are not waited for. */
  ready(topicsAreMissing?: () => boolean): Promise<void>
  isReady(): boolean
  stop(): Promise<void>
  /** For `npm run local`: stays down until it is started again. */
  takeDown(): Promise<void>
  process(): RunningProcess | undefined
}

export interface DataplaneOptions extends Reporting {
  readonly manifests: readonly string[]
  readonly bootstrap: readonly string[]
  /** JSON with the URLs of Services by `namespace/name`, read again at each change. */
  readonly addressFile: string
  /** Where its spans go. */
  readonly tracing: Readonly<Record<string, string>>
  readonly ports: { readonly ingress: number; readonly sinkIngress: number; readonly dataplaneStatus: number }
}

/** In flight requests finish and offsets are committed in this time. */
const stopTimeoutMs = 6_000
const restartDelayMs = 500
const statusTimeoutMs = 2_000
/** A member that was killed keeps its place in a group for 30 s, and nobody else gets its partitions. */
const readyTimeoutMs = 120_000
/** TypeScript here, JavaScript in the package. */
const entry = join(import.meta.dirname, `../cli/dataplane${extname(import.meta.filename)}`)
/** In pino's lines. */
const warningLevel = '"level":40'

export function createDataplane(processes: Processes, options: DataplaneOptions): Dataplane {
  const { manifests, bootstrap, addressFile, ports, tracing, report, pidChanged } = options
  const args = [
    ...manifests.flatMap(path => ['-f', path]),
    '--bootstrap',
    bootstrap.join(','),
    '--plaintext',
    '--resolve-file',
    addressFile,
    '--ingress-port',
    String(ports.ingress),
    '--sink-port',
    String(ports.sinkIngress),
    '--status-port',
    String(ports.dataplaneStatus)
  ]
  const statusUrl = `http://127.0.0.1:${ports.dataplaneStatus}/status`
  const show = logToScreen('data plane', report)
  let current: RunningProcess | undefined
  let isDown = false
  let isReady = false

  function start(): void {
    if (current?.isRunning()) return
    isDown = false
    const next = processes.start({
      name: 'dataplane',
      command: process.execPath,
      args: ['--disable-warning=TimeoutNegativeWarning', entry, ...args],
      env: { ...process.env, ...tracing },
      onLine(line) {
        if (line.trim() === 'ready') isReady = true
        else if (line.startsWith('{')) {
          if (isReady || !line.includes(warningLevel)) show(line) // until then groups wait for their coordinators
        } else if (/^error\b|\bError\b/.test(line)) report(`data plane: ${line}`) // of YAML main tells itself
      }
    })
    current = next
    pidChanged()
    void watch(next)
  }

  async function watch(running: RunningProcess): Promise<void> {
    const { code, signal } = await running.exited
    isReady = false
    if (isDown) return
    report(`the data plane ended (${signal ?? `exit status ${code}`}) and is started again; see its log`)
    setTimeout(() => !isDown && start(), restartDelayMs)
  }

  const takeDown = async (): Promise<void> => {
    isDown = true
    await current?.stop(stopTimeoutMs)
  }

  return {
    ingressUrl: `http://127.0.0.1:${ports.ingress}`,
    sinkIngressUrl: `http://127.0.0.1:${ports.sinkIngress}`,
    statusUrl,
    start,
    ready: (topicsAreMissing = () => false) =>
      until('the data plane to consume', readyTimeoutMs, async () => {
        return isReady || (topicsAreMissing() && (await othersConsume(statusUrl)))
      }),
    isReady: () => isReady,
    stop: takeDown,
    takeDown,
    process: () => current
  }
}

/** `InitializeOffset` is Knative's word for a topic that does not exist. */
const Status = z.object({ sources: z.array(z.object({ ready: z.boolean(), reason: z.string().optional() })) })

async function othersConsume(statusUrl: string): Promise<boolean> {
  const response = await fetch(statusUrl, { signal: AbortSignal.timeout(statusTimeoutMs) })
  const { sources } = Status.parse(await response.json())
  return sources.every(({ ready, reason }) => ready || reason === 'InitializeOffset')
}
