// The recordings of the original, as data: to hold another behaviour, add a file to scenarios/ or an entry to the other two.
// In URLs `{subscriber}` is the subscriber of subscriber.ts and `{nobody}` an address where nothing listens.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ContentMode } from '../events/event-to-record.ts'

export interface Scenario {
  readonly about: string
  readonly recordedFrom: string
  readonly egress: {
    readonly kind: 'KafkaSource' | 'Trigger'
    readonly namespace: string
    readonly name: string
    readonly topic: string
    readonly subscriber: string
    readonly ordering: 'ordered' | 'unordered'
    readonly keyType?: 'string' | 'int' | 'float' | 'byte-array'
    readonly extensions?: Readonly<Record<string, string>>
    readonly filterAttributes?: Readonly<Record<string, string>>
    readonly delivery: {
      readonly retry: number
      readonly backoffPolicy: 'linear' | 'exponential'
      readonly backoffDelayMs: number
      readonly timeoutMs: number
      readonly deadLetterSink?: string
    }
  }
  /** Offsets 0, 1, 2, … of partition 0. */
  readonly records: readonly {
    readonly timestampMs: number
    readonly key?: Bytes
    readonly value?: Bytes
    readonly headers: readonly (readonly [string, string])[]
  }[]
  readonly requests: readonly RecordedRequest[]
  readonly committed: number
}

export interface RecordedRequest {
  /** Since the first request. */
  readonly atMs: number
  /** Requests under way on this path when it came, itself included. */
  readonly inFlight: number
  readonly path: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body?: Bytes
  readonly answer: number
}

export type Bytes = string | { readonly base64: string }

export interface StatusSweep {
  readonly statuses: readonly { readonly status: number; readonly attempts: number; readonly dls: boolean }[]
}

export interface Receiver {
  readonly ingresses: readonly { readonly path: string; readonly topic: string; readonly contentMode: ContentMode }[]
  readonly exchanges: readonly Exchange[]
}

export interface Exchange {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body?: string
  readonly status: number
  readonly record?: {
    readonly topic: string
    readonly key: string | null
    readonly headers: readonly (readonly [string, string])[]
    readonly value: string | null
  }
}

export function bytes(value: Bytes | undefined): Buffer | null {
  if (value === undefined) return null
  return typeof value === 'string' ? Buffer.from(value) : Buffer.from(value.base64, 'base64')
}

export const scenarios: readonly Scenario[] = readdirSync(join(import.meta.dirname, 'scenarios'))
  .toSorted()
  .map(file => read<Scenario>(join('scenarios', file)))

export const statusSweep = read<StatusSweep>('status-sweep.json')

export const receiver = read<Receiver>('receiver.json')

function read<T>(file: string): T {
  return JSON.parse(readFileSync(join(import.meta.dirname, file), 'utf8')) as T
}
