import { expect, test } from 'vitest'
import { auditedRecord } from './audited-record.ts'

const uuid = '01a21d6b-802f-70f3-a50a-e7b3b90aac35'

// A letter, or an effect, of such an event is kept under the id that its request had: the event would be taken for lost.
test.each([
  ['an id of the outbox', uuid, uuid],
  ['Latin-1', 'caf\u00e9', 'caf\u00e9'],
  ['beyond Latin-1', '\u6771\u4eac', '??'],
  ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe]), '??'],
  ['a control character', 'a\0b', 'a%00b'],
  ['what no request can carry', 'i'.repeat(900_000), 'i'.repeat(1_024)]
])('%s is known by the id that its function reads', (_, id, read) => {
  const headers = { ce_specversion: '1.0', ce_id: id, ce_source: '/source', ce_type: 'a.type' }
  const record = auditedRecord({
    topic: 't',
    partition: 0,
    offset: 7,
    timestampMs: 0n,
    key: null,
    value: Buffer.from('data'),
    headers: Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)])
  })
  expect(record).toMatchObject({ source: '/source', id: read })
})
