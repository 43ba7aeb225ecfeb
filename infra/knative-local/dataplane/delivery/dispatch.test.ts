// What the recordings do not show: events that no request can carry.
import { expect, test } from 'vitest'
import { dispatch, type Outcome } from './dispatch.ts'
import type { Egress } from '../egress/egress.ts'
import type { EventRequest } from '../events/event-to-request.ts'
import type { KafkaRecord } from '../kafka/record.ts'

const sinks = { subscriber: 'http://subscriber', deadLetter: 'http://letters' }

test('a plain record whose key is binary becomes a dead letter with its bytes, the key percent-encoded', async () => {
  const key = Buffer.from([0, 0, 0, 0, 2, 0x41, 0x42]) // as Avro's serializer writes keys
  const { sent, outcome } = await dispatched({ ...record, key, value: Buffer.from('data') })
  expect(outcome).toEqual({
    end: 'dead-lettered',
    error: 'ce-partitionkey has a control character, which no HTTP header can carry'
  })
  expect(sent).toHaveLength(1)
  expect(sent[0]).toMatchObject({
    url: sinks.deadLetter,
    headers: {
      'ce-id': 'partition:0/offset:7',
      'ce-key': '%00%00%00%00%02AB',
      'ce-partitionkey': '%00%00%00%00%02AB',
      'ce-knativeerrordest': sinks.subscriber
    },
    body: Buffer.from('data')
  })
  expect(Buffer.from(sent[0]?.headers['ce-knativeerrordata'] ?? '', 'base64').toString()).toMatch(/control character/)
})

test('a record with a header that the subscriber refuses as too large becomes a dead letter without it', async () => {
  const headers = [
    ['big', Buffer.alloc(50_000, 'x')],
    ['small', Buffer.from('y')]
  ] as const
  const { sent, outcome } = await dispatched(
    { ...record, headers, value: Buffer.from('data') },
    { [sinks.subscriber]: 431 }
  )
  expect(outcome).toEqual({ end: 'dead-lettered', error: 'http://subscriber answered 431' })
  expect(sent[1]?.headers).toMatchObject({ 'ce-kafkaheadersmall': 'y', 'ce-knativeerrorleftout': 'kafkaheaderbig' })
  expect(sent[1]?.headers).not.toHaveProperty('ce-kafkaheaderbig')
})

test('without a dead letter sink it is dropped, which is reported', async () => {
  const { outcome } = await dispatched({ ...record, key: Buffer.from('a\nb') }, {}, { subscriber: sinks.subscriber })
  expect(outcome.end).toBe('dropped')
})

const record: KafkaRecord = {
  topic: 't',
  partition: 0,
  offset: 7,
  timestampMs: 0n,
  key: null,
  value: null,
  headers: []
}

const egress: Egress = {
  kind: 'KafkaSource',
  namespace: 'ns',
  name: 'a-source',
  place: { bootstrapServers: [] },
  topics: ['t'],
  group: 'g',
  ordering: 'ordered',
  initialOffset: 'earliest',
  readUncommitted: false,
  mapping: { plainRecords: { as: 'event', namespace: 'ns', name: 'a-source', keyType: 'string' }, overrides: {} },
  filter: () => true,
  delivery: { retry: 3, backoffPolicy: 'linear', backoffDelayMs: 1, timeoutMs: 1000 },
  subscriber: {}
}

interface Sent {
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: EventRequest['body']
}

async function dispatched(
  given: KafkaRecord,
  statuses: Readonly<Record<string, number>> = {},
  to: { subscriber: string; deadLetter?: string } = sinks
): Promise<{ sent: Sent[]; outcome: Outcome }> {
  const sent: Sent[] = []
  const outcome = await dispatch(given, egress, to, {
    send: async (url, { headers, body }) => {
      const named = headers.flatMap((name, i) => (i % 2 === 0 ? [[name, headers[i + 1] ?? '']] : []))
      sent.push({ url, headers: Object.fromEntries(named), body })
      return { status: statuses[url] ?? 204, headers: [], body: Buffer.alloc(0) }
    },
    wait: async () => true,
    failed: () => {},
    reply: async () => {}
  })
  return { sent, outcome }
}
