// Whatever a producer writes: it is the end of its own record, and the next one is delivered.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { KafkaSource, Trigger, TriggerFilter } from '../../manifests/plan.ts'
import { dispatch, type Outcome } from './dispatch.ts'
import { egressesOf, type Egress } from '../egress/egress.ts'
import type { KafkaRecord } from '../kafka/record.ts'

const origin = { file: 'test', line: 1 }
const sink = { uri: 'http://127.0.0.1:1/' }
const delivery = {
  retry: 0,
  backoffPolicy: 'linear',
  backoffDelayMs: 100,
  timeoutMs: 1000,
  deadLetterSink: sink
} as const

const attributeNames = ['id', 'source', 'type', 'subject', 'time', 'dataschema', 'datacontenttype', 'a', 'constructor']
const filters: TriggerFilter[] = [
  ...attributeNames.flatMap(name => [
    { exact: { [name]: '2026' } },
    { prefix: { [name]: '2026-' } },
    { suffix: { [name]: 'Z' } },
    { cesql: `${name} LIKE '20%_Z' OR INT(${name}) / 0 = 1 OR SUBSTRING(TRIM(${name}), 2) IN ('a', 1)` }
  ]),
  { not: { prefix: { time: '2026-' } } }
]
const egresses = [
  ...egressesOf({
    kafkaSources: (['string', 'int', 'float', 'byte-array'] as const).map(kafkaSource),
    brokers: [],
    triggers: []
  }),
  ...filters.map(egressOf)
]

const aSource = egressesOf({ kafkaSources: [kafkaSource('string')], brokers: [], triggers: [] })[0] as Egress

const bytes = fc.uint8Array({ maxLength: 40 }).map(array => Buffer.from(array))
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '1.0',
    '0.3',
    '+12345-01-01T00:00:00Z',
    '-0001-01-01T00:00:00+18:00',
    '2026-02-30T00:00:00Z',
    '/s',
    '%'
  )
)
const headerName = fc.oneof(
  fc.constantFrom(...attributeNames.map(name => `ce_${name}`), 'ce_specversion', 'content-type', 'traceparent', 'ce_'),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', ''),
  fc.string({ unit: 'binary', maxLength: 20 })
)
const headerValue = fc.oneof(
  fc.constant(null),
  bytes,
  text.map(value => Buffer.from(value))
)
const header = fc.tuple(headerName, headerValue)
const completeEvent = fc.constant<[string, Buffer | null][]>(
  ['specversion:1.0', 'id:1', 'source:/s', 'type:t']
    .map(attribute => attribute.split(':') as [string, string])
    .map(([name, value]) => [`ce_${name}`, Buffer.from(value)])
)
const structured = fc.constant<[string, Buffer | null][]>([
  ['content-type', Buffer.from('application/cloudevents+json')]
])
const hostileRecord = fc.record({
  topic: fc.constant('t'),
  partition: fc.nat(),
  offset: fc.nat(),
  timestampMs: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  key: fc.option(bytes),
  value: fc.option(
    fc.oneof(
      bytes,
      fc.json().map(json => Buffer.from(json))
    )
  ),
  headers: fc
    .tuple(fc.oneof(completeEvent, structured, fc.constant([])), fc.array(header, { maxLength: 8 }))
    .map(parts => parts.flat())
})

test('any record has an end, in every kind of source and filter', async () => {
  await fc.assert(
    fc.asyncProperty(hostileRecord, fc.constantFrom(...egresses), async (record, egress) => {
      expect(await endOf(record, egress)).toMatch(/^(delivered|filtered|dead-lettered|dropped|discarded)$/)
    }),
    { numRuns: 3000 }
  )
})

test('a record of any time reaches its source', async () => {
  await fc.assert(
    fc.asyncProperty(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), async timestampMs => {
      const record = { topic: 't', partition: 0, offset: 0, timestampMs, key: null, value: null, headers: [] }
      expect(await endOf(record, aSource)).toBe('delivered')
    })
  )
})

test('a filter on time reads years of five digits', async () => {
  const headers = [...attributes({ time: '+12345-01-01T00:00:00Z' })]
  const record = { topic: 't', partition: 0, offset: 0, timestampMs: 0n, key: null, value: null, headers }
  expect(await endOf(record, egressOf({ prefix: { time: '+12345-' } }))).toBe('delivered')
  expect(await endOf(record, egressOf({ prefix: { time: '2026-' } }))).toBe('filtered')
})

test('attributes of many megabytes are the failure of their record at most', async () => {
  const long = 'a'.repeat(13 * 1024 * 1024)
  for (const [name, value] of Object.entries({ source: `/${long}`, time: long, subject: long, dataschema: long })) {
    const record = { topic: 't', partition: 0, offset: 0, timestampMs: 0n, key: null, value: null }
    const end = await endOf({ ...record, headers: attributes({ [name]: value }) }, aSource)
    expect(end).toMatch(/^(delivered|dead-lettered|dropped)$/)
  }
})

async function endOf(record: KafkaRecord, egress: Egress): Promise<Outcome['end']> {
  const outcome = await dispatch(
    record,
    egress,
    { subscriber: 'http://sink.test/', deadLetter: 'http://dls.test/' },
    ports
  )
  return outcome.end
}

const ports = {
  send: async () => ({ status: 204, headers: [], body: Buffer.alloc(0) }),
  wait: async () => true,
  failed: () => {},
  reply: async () => {}
}

function attributes(given: Record<string, string>): [string, Buffer][] {
  return Object.entries({ specversion: '1.0', id: '1', source: '/s', type: 't', ...given }).map(([name, value]) => [
    `ce_${name}`,
    Buffer.from(value)
  ])
}

function kafkaSource(keyType: KafkaSource['keyType']): KafkaSource {
  return {
    namespace: 'n',
    name: keyType,
    bootstrapServers: [],
    topics: ['t'],
    consumers: 1,
    consumerGroup: keyType,
    initialOffset: 'earliest',
    ordering: 'ordered',
    keyType,
    delivery,
    sink,
    extensions: { added: 'always' },
    origin
  }
}

function egressOf(filter: TriggerFilter): Egress {
  const broker = {
    namespace: 'n',
    name: 'b',
    bootstrapServers: [],
    topic: 't',
    externalTopic: true,
    partitions: 1,
    replicationFactor: 1,
    topicConfig: {},
    delivery,
    origin
  }
  const trigger: Trigger = {
    namespace: 'n',
    name: 't',
    broker: 'b',
    consumerGroup: 'g',
    ordering: 'unordered',
    filters: [filter],
    filterAttributes: {},
    subscriber: sink,
    delivery,
    origin
  }
  const [egress] = egressesOf({ kafkaSources: [], brokers: [broker], triggers: [trigger] })
  if (egress === undefined) throw new Error('no egress')
  return egress
}
