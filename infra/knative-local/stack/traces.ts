// The collector of spans. The stack runs as well without it.
import { createTraceCollector, tracingEnvironment } from '../parts/trace-collector.ts'
import type { Part, RunningPart } from './part.ts'
import { pidOf, serverProcess } from './part-process.ts'

export interface RunningTraces extends RunningPart {
  /** Where spans are wanted, by OpenTelemetry's variables. */
  readonly environment: Readonly<Record<string, string>>
}

const port = 9

export const tracesPart: Part<RunningTraces> = {
  name: 'traces',
  needs: [],
  isWanted: () => true,
  ports: () => ({ [port]: 'the collector of traces' }),
  files: ['traces'],
  async begin({ processes, stateDirectory, report, pidChanged, port: portAt }) {
    const traces = createTraceCollector(processes, { stateDirectory, port: portAt(port), report, pidChanged })
    const ready = traces
      .start()
      .then(traces.answers)
      .catch((error: Error) => report(`no traces are kept: ${error.message}`))
    return {
      environment: tracingEnvironment(traces.url),
      ready,
      processes: () => [serverProcess('traces', traces.url, traces, traces.isHealthy)],
      endpoints: () => ({ traces: { url: traces.url, pid: pidOf(traces.process()) ?? null } }),
      states: async () => [],
      stop: traces.stop
    }
  }
}
