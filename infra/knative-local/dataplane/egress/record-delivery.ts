// The delivery of one record of an egress: all its attempts, its dead letter, its reply, and what is counted of it.
import type { AssignedPartition } from './assigned-partition.ts'
import { DeliveryAbandoned, type Send } from '../delivery/deliver.ts'
import { dispatch, type Outcome, type Sinks } from '../delivery/dispatch.ts'
import type { Egress } from './egress.ts'
import { eventToRecord, type NewRecord } from '../events/event-to-record.ts'
import type { HttpSender } from '../delivery/http-sender.ts'
import type { Observer } from '../observer.ts'
import type { Outcomes } from './outcomes.ts'
import type { RecordFlow } from './record-flow.ts'
import type { KafkaRecord } from '../kafka/record.ts'
import { continueTrace, type TraceHeaders } from '../events/trace-context.ts'

export interface DeliveryPorts {
  readonly sender: HttpSender
  readonly flow: RecordFlow
  readonly outcomes: Outcomes
  readonly observer?: Observer | undefined
  /** Writes a reply. */
  write(topic: string, record: NewRecord): Promise<void>
}

/** An exception is the end of its record, which is counted as lost with its place; never that of the records after it. */
export async function deliverRecord(
  record: KafkaRecord,
  partition: AssignedPartition,
  egress: Egress,
  sinks: Sinks | undefined,
  { sender, flow, outcomes, observer, write }: DeliveryPorts
): Promise<Outcome> {
  const send: Send = (url, request, timeoutMs) => partition.request(() => sender.send(url, request, timeoutMs))
  const progress = outcomes.begin(record, sinks?.deadLetter)
  try {
    if (sinks === undefined) throw new Error('a record arrived before the sinks were known')
    return await dispatch(record, egress, sinks, {
      send: observer?.attempts(record, egress.group, send) ?? send,
      wait: ms => flow.wait(ms, partition),
      failed: progress.failed,
      reply: (topic, event, trace) => {
        const writeReply = (headers: TraceHeaders) => write(topic, eventToRecord(event, 'binary', headers))
        return observer ? observer.write(topic, trace, writeReply) : writeReply(continueTrace(trace))
      }
    })
  } catch (error) {
    if (error instanceof DeliveryAbandoned) throw error
    return { end: 'dropped', error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  } finally {
    progress.end()
  }
}
