// A collector for a test: takes spans as any OTLP collector does, decodes them and keeps them in a folder of its own.
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pino from 'pino'
import { startCollector } from '../traces/collector.ts'
import { openTraces, traceFileIn } from '../traces/read-traces.ts'
import type { Span } from '../traces/span.ts'
import { openTraceStore } from '../traces/trace-store.ts'

export interface TestCollector {
  /** For a process that is to send its spans here, soon. */
  readonly env: Readonly<Record<string, string>>
  readonly stateDirectory: string
  /** Those of a trace that have come, in the order of their start. */
  spans(traceId: string): readonly Span[]
  close(): Promise<void>
}

export async function collectTraces(): Promise<TestCollector> {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'traces-'))
  const file = traceFileIn(stateDirectory)
  await mkdir(dirname(file))
  const collector = await startCollector(0, openTraceStore(file), undefined, pino({ enabled: false }))
  return {
    env: {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:${collector.port}/v1/traces`,
      OTEL_BSP_SCHEDULE_DELAY: '20'
    },
    stateDirectory,
    spans(traceId) {
      const traces = openTraces(stateDirectory)
      const found = traces?.trace(traceId)?.spans ?? []
      traces?.close()
      return found
    },
    async close() {
      await collector.close()
      await rm(stateDirectory, { recursive: true })
    }
  }
}
