// The collector of traces as a process of its own (traces/run-collector.ts): what it costs nobody else waits for, and the stack
// runs as well without it.
import { extname, join } from 'node:path'
import { traceFileIn } from '../traces/read-traces.ts'
import { supervise, type SupervisedProcess } from '../processes/supervise.ts'
import { logToScreen } from '../processes/log-to-screen.ts'
import type { Processes } from '../processes/processes.ts'
import type { Reporting } from '../processes/reporting.ts'
import { until } from '../until.ts'

export interface TraceCollector extends SupervisedProcess {
  readonly url: string
  answers(): Promise<void>
  isHealthy(): Promise<boolean>
}

export interface TraceCollectorOptions extends Reporting {
  readonly stateDirectory: string
  readonly port: number
}

const entry = join(import.meta.dirname, `../traces/run-collector${extname(import.meta.filename)}`)
const answerTimeoutMs = 2_000

export function createTraceCollector(
  processes: Processes,
  { stateDirectory, port, ...reporting }: TraceCollectorOptions
): TraceCollector {
  const url = `http://127.0.0.1:${port}`
  const show = logToScreen('traces', reporting.report)
  const isHealthy = async (): Promise<boolean> => {
    const response = await fetch(`${url}/status`, { signal: AbortSignal.timeout(answerTimeoutMs) })
    await response.body?.cancel()
    return response.ok
  }
  const supervised = supervise({
    name: 'traces',
    stopTimeoutMs: 2_000,
    ...reporting,
    launch: async () =>
      processes.start({
        name: 'traces',
        command: process.execPath,
        args: [entry, String(port), traceFileIn(stateDirectory)],
        env: process.env, // with it the address that spans are wanted at as well
        nice: 10, // nobody waits for a span
        onLine: show
      })
  })
  return {
    ...supervised,
    url,
    isHealthy,
    answers: () => until('the collector of traces to answer', 10_000, isHealthy)
  }
}

/** Where the parts of the stack send their spans, by OpenTelemetry's variables. A person's own choice of sampling wins. */
export function tracingEnvironment(url: string, env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  if (env.OTEL_SDK_DISABLED === 'true') return {}
  const chosen = Object.entries(env).filter(([name]) => /^OTEL_(?:TRACES_SAMPLER|BSP|SPAN)/.test(name))
  return {
    OTEL_TRACES_SAMPLER: 'parentbased_rate',
    OTEL_TRACES_SAMPLER_ARG: '10,0.01',
    OTEL_BSP_SCHEDULE_DELAY: '500',
    ...(Object.fromEntries(chosen) as Record<string, string>),
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/v1/traces`
  }
}
