// The Knative data plane as a process of its own, so that it can be killed like any other part. What it runs is handed to it in a
// file (dataplane/plan/handed-plan.ts): whether an edit is taken was decided before.
import { extname, join } from 'node:path'
import { z } from 'zod'
import { type Handed, inEffect, type PlanFile } from '../dataplane/plan/handed-plan.ts'
import { logToScreen } from '../processes/log-to-screen.ts'
import { behindTheOutbox } from '../processes/give-way.ts'
import type { Processes, RunningProcess } from '../processes/processes.ts'
import type { Reporting } from '../processes/reporting.ts'
import { createRevisions } from './revisions.ts'
import { until } from '../until.ts'
import { writeWhole } from '../state/write-whole.ts'

export interface Dataplane {
  readonly ingressUrl: string
  readonly sinkIngressUrl: string
  readonly statusUrl: string
  /** What it runs from now on; before its first start, and at each edit. */
  apply(handed: Handed): Promise<void>
  /** What was handed over last is in effect, and no request is under way to an instance that it does not name; nor is one while it does not run. */
  isInEffect(): Promise<void>
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
  /** Where its plan is written. */
  readonly planFile: string
  readonly bootstrap: readonly string[]
  /** Where its spans go. */
  readonly tracing: Readonly<Record<string, string>>
  readonly ports: { readonly ingress: number; readonly sinkIngress: number; readonly status: number }
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
  const { planFile, ports, tracing, report, pidChanged } = options
  const statusUrl = `http://127.0.0.1:${ports.status}/status`
  const show = logToScreen('data plane', report)
  let current: RunningProcess | undefined
  let isDown = false
  let isReady = false
  let writing = Promise.resolve()
  const revisions = createRevisions()

  function start(): void {
    if (current?.isRunning()) return
    isDown = false
    const next = processes.start({
      name: 'dataplane',
      command: process.execPath,
      args: [entry, ...argumentsOf(options)],
      env: { ...process.env, ...tracing },
      nice: behindTheOutbox,
      onLine(line) {
        const reached = inEffect.read(line)
        if (line.trim() === 'ready') isReady = true
        else if (reached !== undefined) revisions.reached(Number(reached))
        else if (line.startsWith('{')) {
          if (isReady || !line.includes(warningLevel)) show(line) // until then groups wait for their coordinators
        } else if (/\bError\b/.test(line)) report(`data plane: ${line}`)
      }
    })
    current = next
    pidChanged()
    void watch(next)
  }

  async function watch(running: RunningProcess): Promise<void> {
    const { code, signal } = await running.exited
    isReady = false
    revisions.allReached() // what was under way has ended with it
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
    apply({ plan: { kafkaSources, kafkaSinks, brokers, triggers }, addresses, direct }) {
      // Without the objects, among which are Secrets: the local brokers ask for no credentials.
      const handed: PlanFile = {
        plan: { kafkaSources, kafkaSinks, brokers, triggers },
        addresses,
        direct,
        revision: revisions.next()
      }
      const written = writing.then(() => writeWhole(planFile, handed))
      writing = written.catch(() => undefined) // reported to whoever brought this one
      return written
    },
    async isInEffect() {
      if (current?.isRunning()) await revisions.newestReached()
    },
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

function argumentsOf({ planFile, bootstrap, ports }: DataplaneOptions): string[] {
  return [
    ['--plan-file', planFile],
    ['--bootstrap', bootstrap.join(',')],
    ['--plaintext'],
    ['--ingress-port', String(ports.ingress)],
    ['--sink-port', String(ports.sinkIngress)],
    ['--status-port', String(ports.status)]
  ].flat()
}

/** `InitializeOffset` is Knative's word for a topic that does not exist. */
const Status = z.object({ sources: z.array(z.object({ ready: z.boolean(), reason: z.string().optional() })) })

async function othersConsume(statusUrl: string): Promise<boolean> {
  const response = await fetch(statusUrl, { signal: AbortSignal.timeout(statusTimeoutMs) })
  const { sources } = Status.parse(await response.json())
  return sources.every(({ ready, reason }) => ready || reason === 'InitializeOffset')
}
