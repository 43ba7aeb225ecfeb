// A Kafka record becomes a CloudEvent: binary when it has a ce_specversion header, structured by its content type, and anything
// that is not a valid CloudEvent is wrapped (KafkaSource) or discarded (Trigger).
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
import type { CloudEvent, ExtensionValue } from './cloud-event.ts'
import { EventBuilder, specVersion, type BuiltEvent } from './event-builder.ts'
import { lastHeader, type KafkaRecord } from '../kafka/record.ts'
import { keyText, type KeyType } from './record-key.ts'
import { readStructuredEvent, STRUCTURED_JSON } from './structured-event.ts'
import { timeOfRecord } from './timestamp.ts'

export const PLAIN_RECORD_TYPE = 'dev.knative.kafka.event'

/** How records that are no CloudEvents are handled: wrapped in the name of a KafkaSource, or discarded. */
export type PlainRecords =
  | { readonly as: 'event'; readonly namespace: string; readonly name: string; readonly keyType: KeyType }
  | { readonly as: 'discarded' }

export interface RecordMapping {
  readonly plainRecords: PlainRecords
  /** spec.ceOverrides.extensions; they win over everything else. */
  readonly overrides: Readonly<Record<string, string>>
}

/** The event of a record, or undefined when the record is to be discarded. */
export function recordToEvent(record: KafkaRecord, mapping: RecordMapping): CloudEvent | undefined {
  const event = readEvent(record) ?? wrapPlainRecord(record, mapping.plainRecords)
  if (event === undefined) return undefined
  const { extensions } = event
  extensions.set('knativekafkapartition', record.partition)
  extensions.set('knativekafkaoffset', record.offset)
  for (const name in mapping.overrides) extensions.set(name, mapping.overrides[name] ?? '')
  return event
}

function readEvent(record: KafkaRecord): BuiltEvent | undefined {
  try {
    const contentType = lastHeader(record, 'content-type')
    if (contentType === null) return undefined
    if (contentType !== undefined) {
      const mediaType = contentType.toString('utf8').split(';', 1)[0] ?? ''
      if (mediaType === STRUCTURED_JSON) return readStructuredEvent(record.value ?? Buffer.alloc(0))
      if (mediaType.startsWith('application/cloudevents')) return undefined
    }
    const version = lastHeader(record, 'ce_specversion')
    return version ? readBinaryEvent(record, version.toString('utf8')) : undefined
  } catch {
    // Whatever was thrown, as in the original (CloudEventDeserializer.java): a record that cannot be read as an event is none.
    return undefined
  }
}

function readBinaryEvent(record: KafkaRecord, version: string): BuiltEvent {
  const event = new EventBuilder(specVersion(version))
  for (const [header, value] of record.headers) {
    if (value === null) continue
    if (header === 'content-type') event.set('datacontenttype', value.toString('utf8'))
    else if (header.startsWith('ce_') && header.length > 3) {
      const name = header.slice(3).toLowerCase()
      if (name !== 'specversion') event.set(name, value.toString('utf8'))
    }
  }
  return event.build(record.value?.length ? record.value : null)
}

function wrapPlainRecord(record: KafkaRecord, plain: PlainRecords): BuiltEvent | undefined {
  if (plain.as === 'discarded') return undefined
  const extensions = new Map<string, ExtensionValue>()
  const key = keyText(record.key, plain.keyType)
  if (key !== undefined) {
    extensions.set('partitionkey', key)
    extensions.set('key', key)
  }
  let contentType: string | undefined
  for (const [header, value] of record.headers) {
    // A null header makes the original drop the whole poll's plain records; here it is only left out.
    if (value === null) continue
    const lowerCase = header.toLowerCase()
    if (lowerCase === 'content-type') contentType = value.toString('utf8').toLowerCase()
    else extensions.set(`kafkaheader${lowerCase.replace(/[^a-z0-9]/g, '')}`, value.toString('utf8'))
  }
  return {
    specversion: '1.0',
    id: `partition:${record.partition}/offset:${record.offset}`,
    source: `/apis/v1/namespaces/${plain.namespace}/kafkasources/${plain.name}#${record.topic}`,
    type: PLAIN_RECORD_TYPE,
    subject: `partition:${record.partition}#${record.offset}`,
    time: timeOfRecord(record.timestampMs),
    datacontenttype: contentType,
    extensions,
    data: record.value
  }
}
