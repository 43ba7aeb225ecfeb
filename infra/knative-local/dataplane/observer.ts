// Sees each step of a record on its way, where somebody wants to: tracing is one. Without an observer nothing is different.
import type { Send } from './delivery/deliver.ts'
import type { KafkaRecord } from './kafka/record.ts'
import type { Trace, TraceHeaders } from './events/trace-context.ts'

export interface Observer {
  /** Called once for each record that a group delivers; what it returns takes the place of `send` in all its attempts. */
  attempts(record: KafkaRecord, group: string, send: Send): Send
  /** Writes a record to a topic; `write` gets the headers of the trace that travels with it. */
  write(topic: string, trace: Trace, write: (headers: TraceHeaders) => Promise<void>): Promise<void>
  /** What is still to be sent is sent, within a bound. */
  close(): Promise<void>
  /** For the status. */
  counts(): ObserverCounts
}

export interface ObserverCounts {
  readonly spans: number
  /** Not sent: more came than could be sent, or nobody took them. */
  readonly dropped: number
}
