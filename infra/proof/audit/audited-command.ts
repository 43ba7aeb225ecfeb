// What the audit keeps of a record on a Broker's topic, for each Trigger whose filter it passes: which event the function saw.
import { readEvent } from '../../../functions/runtime/events/received-event.ts'
import { carriedLetter } from '../../knative-local/dataplane/carried-letter.ts'
import type { CloudEvent } from '../../knative-local/dataplane/cloud-event.ts'
import { eventToRequest } from '../../knative-local/dataplane/event-to-request.ts'
import { recordToEvent } from '../../knative-local/dataplane/record-to-event.ts'
import type { KafkaRecord } from '../../knative-local/dataplane/record.ts'
import type { FollowedTrigger } from './followed-triggers.ts'

export interface AuditedCommand {
  readonly trigger: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** As the function reads them, and records its answer or letter under them. */
  readonly source: string
  readonly id: string
  /** As they are sent, and written again to the topic of dead letters. */
  readonly sentSource: string
  readonly sentId: string
}

/** Undefined for a record that is no event, which every Trigger discards: no ingress writes one. */
export function commandOf(record: KafkaRecord): CloudEvent | undefined {
  return recordToEvent(record, { plainRecords: { as: 'discarded' }, overrides: {} })
}

/** An event that the filter fails on is discarded by the data plane, and so passes here: it has to be accounted for. */
export function passes(event: CloudEvent, { egress }: FollowedTrigger): boolean {
  try {
    return egress.filter(event)
  } catch {
    return true
  }
}

export function auditedCommand(record: KafkaRecord, event: CloudEvent, { name }: FollowedTrigger): AuditedCommand {
  const { topic, partition, offset } = record
  const sent = sentAttributes(event)
  return { trigger: name, topic, partition, offset, ...sent, ...readAttributes(sent) }
}

/** The identity as it is in the headers of a delivery, or of the dead letter where no request could carry the event. */
function sentAttributes(event: CloudEvent): { sentSource: string; sentId: string } {
  const { headers } = eventToRequest(carriedLetter({ ...event, extensions: new Map() }), '')
  const sent = (name: string): string => headers[headers.indexOf(name) + 1] ?? ''
  return { sentSource: sent('ce-source'), sentId: sent('ce-id') }
}

/** What a function makes of those headers; one that it refuses is known by them. */
function readAttributes({ sentSource, sentId }: { sentSource: string; sentId: string }): {
  source: string
  id: string
} {
  try {
    const headers = { 'ce-specversion': '1.0', 'ce-type': 'any', 'ce-source': sentSource, 'ce-id': sentId }
    const { source, id } = readEvent(headers, Buffer.alloc(0))
    return { source, id }
  } catch {
    return { source: sentSource, id: sentId }
  }
}
