// What the audit keeps of a record on a Broker's topic, for each Trigger whose filter it passes: which event the function saw.
import { type CloudEvent, recordToEvent, type KafkaRecord } from '../../knative-local/events.ts'
import type { FollowedTrigger } from './followed-triggers.ts'
import { type ReceivedIdentity, receivedIdentity } from './received-identity.ts'

export interface AuditedCommand extends ReceivedIdentity {
  readonly trigger: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
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
  return { trigger: name, topic, partition, offset, ...receivedIdentity(event) }
}
