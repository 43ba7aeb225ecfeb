// OpenTelemetry, set up by its variables. Loaded by whoever has found that spans are wanted (wanted.ts), and by nobody else.
import type { Tracer } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import { setTimeout as sleep } from 'node:timers/promises'
import { samplingFrom } from './sampler.ts'

export interface Tracing {
  readonly tracer: Tracer
  /** Of traces that are not sent, spans that failed are. */
  readonly failedToo: boolean
  counts(): { readonly spans: number; readonly dropped: number }
  /** Sends what waits, but holds an end up by no more than a moment. */
  close(): Promise<void>
}

/** Spans of about 1 kB, until they are sent; more are dropped. */
const maxQueued = 2_048
const maxBatch = 512
const delayMs = 5_000
const exportTimeoutMs = 10_000
const closeMs = 1_000
const reportMs = 30_000
const failedStatus = 2
const sampledFlag = 1
const successCode = 0

/** `warn` is called at most every 30 s, with how many spans are lost. */
export function startTracing(
  serviceName: string,
  env: NodeJS.ProcessEnv,
  warn: (facts: object, message: string) => void
): Tracing {
  const counts = { spans: 0, dropped: 0 }
  let reportedAt = -Infinity
  const lost = (count: number, reason: string): void => {
    counts.dropped += count
    if (performance.now() - reportedAt < reportMs) return
    reportedAt = performance.now()
    warn({ dropped: counts.dropped, sent: counts.spans, reason }, 'spans are lost; nothing else is')
  }

  const exporter = new OTLPTraceExporter()
  const counting: SpanExporter = {
    export: (spans, done) =>
      exporter.export(spans, result => {
        if (result.code === successCode) counts.spans += spans.length
        else lost(spans.length, result.error?.message ?? 'the collector did not take them')
        done(result)
      }),
    shutdown: () => exporter.shutdown()
  }
  const batches = new BatchSpanProcessor({
    exporter: counting,
    maxQueueSize: whole(env.OTEL_BSP_MAX_QUEUE_SIZE, maxQueued),
    maxExportBatchSize: whole(env.OTEL_BSP_MAX_EXPORT_BATCH_SIZE, maxBatch),
    scheduledDelayMillis: whole(env.OTEL_BSP_SCHEDULE_DELAY, delayMs),
    exportTimeoutMillis: whole(env.OTEL_BSP_EXPORT_TIMEOUT, exportTimeoutMs),
    selfObsMeterProvider: meterOfDropped(count => lost(count, 'more came than could be sent'))
  })
  const { sampler, failedToo } = samplingFrom(env)
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': serviceName }))
      .merge(detectResources({ detectors: [envDetector] })),
    sampler,
    spanLimits: { attributeValueLengthLimit: 4_096 },
    spanProcessors: [failedToo ? withFailed(batches) : batches]
  })
  return {
    tracer: provider.getTracer(serviceName),
    failedToo,
    counts: () => ({ ...counts }),
    close: () => Promise.race([provider.shutdown().catch(() => undefined), sleep(closeMs, undefined, { ref: false })])
  }
}

/** The processor sends what is sampled; of the rest, what failed is shown to it as if it were. */
function withFailed(batches: BatchSpanProcessor): BatchSpanProcessor {
  const onEnd = batches.onEnd.bind(batches)
  batches.onEnd = (span: ReadableSpan) => {
    const spanContext = span.spanContext()
    const isSampled = (spanContext.traceFlags & sampledFlag) !== 0
    if (isSampled || span.status.code !== failedStatus) return onEnd(span)
    onEnd(Object.create(span, { spanContext: { value: () => ({ ...spanContext, traceFlags: sampledFlag }) } }))
  }
  return batches
}

/** The SDK says by a metric how many it had no room for. https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/ */
function meterOfDropped(dropped: (count: number) => void) {
  const instrument = {
    add: () => undefined,
    record: () => undefined,
    addCallback: () => undefined,
    removeCallback: () => undefined
  }
  const counter = {
    add: (count: number, attributes?: Record<string, unknown>) =>
      void (attributes?.['error.type'] === 'queue_full' && dropped(count))
  }
  const meter = new Proxy({}, { get: (_, name) => () => (name === 'createCounter' ? counter : instrument) })
  return { getMeter: () => meter as never }
}

function whole(text: string | undefined, otherwise: number): number {
  const number = Number(text)
  return text !== undefined && text !== '' && Number.isInteger(number) && number > 0 ? number : otherwise
}
