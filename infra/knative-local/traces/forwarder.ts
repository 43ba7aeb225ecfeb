// Passes requests with spans on to another collector. One that is dead or slow holds nothing up: what does not fit into a
// small queue is dropped and counted.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'

export interface Forwarder {
  send(body: Uint8Array, contentEncoding: string | undefined): void
  counts(): { readonly requests: number; readonly dropped: number }
  /** What waits is sent, for a moment. */
  close(): Promise<void>
}

interface Waiting {
  readonly body: Uint8Array
  readonly contentEncoding: string | undefined
}

const maxWaiting = 32
const timeoutMs = 5_000
const closeMs = 1_000
const reportMs = 30_000

export function createForwarder(url: string, headers: Readonly<Record<string, string>>, log: Logger): Forwarder {
  const waiting: Waiting[] = []
  const counts = { requests: 0, dropped: 0 }
  let sending: Promise<void> | undefined
  let reportedAt = -Infinity

  async function sendAll(): Promise<void> {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      try {
        const { body, contentEncoding } = next
        const response = await fetch(url, {
          method: 'POST',
          headers: {
            ...headers,
            'content-type': 'application/x-protobuf',
            ...(contentEncoding !== undefined && { 'content-encoding': contentEncoding })
          },
          body: new Uint8Array(body),
          signal: AbortSignal.timeout(timeoutMs)
        })
        await response.body?.cancel()
        if (!response.ok) throw new Error(`it answered ${response.status}`)
        counts.requests++
      } catch (error) {
        drop(error instanceof Error ? ((error.cause as Error | undefined)?.message ?? error.message) : String(error))
      }
    }
    sending = undefined
  }

  function drop(reason: string): void {
    counts.dropped++
    if (performance.now() - reportedAt < reportMs) return
    reportedAt = performance.now()
    // The address may hold a password.
    const { origin, pathname } = new URL(url)
    log.warn({ ...counts, reason }, `spans do not reach ${origin}${pathname}; they are kept here all the same`)
  }

  return {
    send(body, contentEncoding) {
      if (waiting.length >= maxWaiting) return drop('too many requests wait for it')
      waiting.push({ body, contentEncoding })
      sending ??= sendAll()
    },
    counts: () => ({ ...counts }),
    close: () => Promise.race([sending ?? Promise.resolve(), sleep(closeMs, undefined, { ref: false })])
  }
}

/**
 * Where a person's own environment sends spans, by the standard's variables; undefined when nowhere.
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
export function forwardingOf(
  env: NodeJS.ProcessEnv
): { readonly url: string; readonly headers: Readonly<Record<string, string>> } | undefined {
  if (env.OTEL_SDK_DISABLED === 'true') return undefined
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT
  const url = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || (base && `${base.replace(/\/$/, '')}/v1/traces`)
  if (!url || !URL.canParse(url)) return undefined
  const list = env.OTEL_EXPORTER_OTLP_TRACES_HEADERS || env.OTEL_EXPORTER_OTLP_HEADERS || ''
  const entries = list.split(',').flatMap((entry): [string, string][] => {
    const [name = '', value] = entry.split(/=(.*)/s)
    return value === undefined ? [] : [[name.trim(), decodeURIComponent(value.trim())]]
  })
  return { url, headers: Object.fromEntries(entries) }
}
