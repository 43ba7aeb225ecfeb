// Batches as Kafka's own client writes them, and as nobody should.
import fc from 'fast-check'
import { expect, test } from 'vitest'
// @ts-expect-error kafkajs ships no types for its inner files
import Record from 'kafkajs/src/protocol/recordBatch/record/v0/index.js'
// @ts-expect-error the same
import { RecordBatch } from 'kafkajs/src/protocol/recordBatch/v0/index.js'
// @ts-expect-error the same
import crc32c from 'kafkajs/src/protocol/recordBatch/crc32C/index.js'
import { zstdCompressSync } from 'node:zlib'
import { MAX_DECOMPRESSED_BYTES } from './codecs.ts'
import { type DecodedMessage, UnreadableBatch, type FetchedMessage } from './decoded-message.ts'
import { javaBatches } from './java-batches.ts'
import '../kafkajs.ts'
import { decodeBatches, DecodingBudget } from './record-batch.ts'

const codecs = Object.keys(javaBatches) as (keyof typeof javaBatches)[]
const text = (bytes: Buffer | null): string | null => bytes?.toString() ?? null

test.each(codecs)('reads what Java compressed with %s, headers in their order', async codec => {
  const messages = await decode(Buffer.from(javaBatches[codec], 'base64'), 100n)
  expect(messages).toHaveLength(12)
  for (const [i, message] of messages.entries()) {
    expect(message.offset).toBe(String(100 + i))
    expect(message.timestamp).toBe(String(1_700_000_000_000 + i))
    expect(text(message.key)).toBe(i % 2 === 0 ? null : `key${i}`)
    expect(text(message.value)).toBe(i % 3 === 0 ? null : 'value value value value value value ä')
    expect(message.headerList.map(([name, value]) => [name, text(value)])).toEqual([
      ['a', `v${i}`],
      ['b', null],
      ['a', 'again'],
      ['__proto__', 'p']
    ])
  }
})

test('headers by name are those of the record alone, as kafkajs groups them', async () => {
  const [message] = await decode(Buffer.from(javaBatches.none, 'base64'), 100n)
  const headers = message?.headers ?? {}
  expect(Object.keys(headers)).toEqual(['a', 'b', '__proto__'])
  expect(headers.a).toEqual([Buffer.from('v0'), Buffer.from('again')])
  expect(headers.constructor).toBeUndefined()
})

test('begins at the offset that was asked for', async () => {
  const messages = await decode(Buffer.from(javaBatches.zstd, 'base64'), 109n)
  expect(messages.map(({ offset }) => offset)).toEqual(['109', '110', '111'])
})

test('an answer becomes no more headers than fit into memory, over all its partitions; what is left comes with the next one', async () => {
  const headers = Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`h${i}`, 'v']))
  const bytes = await batch(Array.from({ length: 10 }, () => ({ value: Buffer.from('x'), headers })))
  const budget = Object.assign(new DecodingBudget(), { headers: 40 })
  const first = await decodeBatches(bytes, 0n, [], 10n, budget)
  expect(first.map(({ offset }) => offset)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7'])
  expect(await decodeBatches(bytes, 0n, [], 10n, budget)).toEqual([]) // another partition of the same answer
  expect((await decode(bytes, 8n)).map(({ offset }) => offset)).toEqual(['8', '9'])
})

test('8,000 headers to a record take no time, and a batch may have more records than a function has arguments', async () => {
  const headers = Object.fromEntries(Array.from({ length: 8000 }, (_, i) => [`h${i}`, 'v']))
  const manyHeaders = await batch([{ value: Buffer.from('x'), headers }])
  const manyRecords = await batch(Array.from({ length: 150_000 }, () => ({ value: Buffer.from('x') })))
  const begunMs = performance.now()
  expect((await decode(manyHeaders, 0n))[0]?.headerList).toHaveLength(8000)
  // kafkajs takes 11 s.
  expect(performance.now() - begunMs).toBeLessThan(1000)
  let read = 0
  while (read < 150_000) read += (await decode(manyRecords, BigInt(read))).length
  expect(read).toBe(150_000)
})

test.each(codecs)('any damage to a batch of %s is an unreadable batch, and the next one is read', async codec => {
  const good = Buffer.from(javaBatches[codec], 'base64')
  const next = Buffer.from(javaBatches.none, 'base64')
  next.writeBigInt64BE(112n, 0) // the base offset is not part of the checksum
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 21, max: good.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      async (at, flip) => {
        const bad = Buffer.from(good)
        bad.writeUInt8(bad.readUInt8(at) ^ flip, at)
        const messages = await decodeBatches(Buffer.concat([bad, next]), 100n, [], 124n)
        expect(unreadable(messages[0])).toMatchObject({
          from: 100,
          refused: false,
          reason: expect.stringMatching(/checksum/)
        })
        expect(unreadable(messages[0]).to).toBeLessThanOrEqual(111)
        expect(messages.slice(1).map(({ offset }) => Number(offset))).toEqual(
          Array.from({ length: 12 }, (_, i) => 112 + i)
        )
      }
    ),
    { numRuns: 50 }
  )
})

test.each([1, 2, 3, 4, 5, 6, 7])(
  'bytes that codec %i did not write, with a right checksum, are an unreadable batch',
  async codec => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.integer(), async (bytes, count) => {
        const bad = seal(codec, Buffer.from(bytes), count)
        for (const message of await decodeBatches(bad, 0n, [], 1n)) {
          const refusal = message instanceof UnreadableBatch ? message.unreadable.reason : 'it was read'
          expect(refusal).not.toBe('')
        }
      }),
      { numRuns: 200 }
    )
  }
)

test('a small batch that claims gigabytes is refused', async () => {
  const bomb = zstdCompressSync(Buffer.alloc(MAX_DECOMPRESSED_BYTES + 1))
  const [zstd] = await decodeBatches(seal(4, bomb, 1), 0n, [], 1n)
  expect(unreadable(zstd).reason).toMatch(/larger|bytes/i)
  const [snappy] = await decodeBatches(seal(2, Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0]), 1), 0n, [], 1n)
  expect(unreadable(snappy).reason).toMatch(/more than/)
})

test('records of an aborted transaction are left out, and a data record whose key is four zero bytes is no marker', async () => {
  const aborted = await batch([{ key: Buffer.alloc(4), value: Buffer.from('aborted') }], {
    transactional: true,
    producerId: 7
  })
  const kept = await batch([{ value: Buffer.from('kept') }], { transactional: true, producerId: 8, firstOffset: 1 })
  const messages = await decodeBatches(Buffer.concat([aborted, kept]), 0n, [{ producerId: 7n, firstOffset: 0n }], 2n)
  expect(messages.map(message => [message.offset, message.isControlRecord])).toEqual([
    ['0', true],
    ['1', false]
  ])
})

test('offsets whose records compaction removed are passed over', async () => {
  const compacted = Buffer.from(javaBatches.none, 'base64')
  const messages = await decodeBatches(compacted, 111n, [], 112n)
  expect(messages.map(({ offset }) => offset)).toEqual(['111'])
  const empty = seal(0, Buffer.alloc(0), 0)
  expect(
    (await decodeBatches(empty, 0n, [], 1n)).map(({ offset, isControlRecord }) => [offset, isControlRecord])
  ).toEqual([['0', true]])
})

async function decode(bytes: Buffer, fetchOffset: bigint): Promise<DecodedMessage[]> {
  const messages = await decodeBatches(bytes, fetchOffset, [], 1_000_000n)
  return messages.map(message => {
    if (message instanceof UnreadableBatch) throw new Error(message.unreadable.reason)
    return message
  })
}

function unreadable(message: FetchedMessage | undefined) {
  if (!(message instanceof UnreadableBatch)) throw new Error('it was read')
  return message.unreadable
}

interface Content {
  readonly key?: Buffer
  readonly value: Buffer
  readonly headers?: object
}

/** As kafkajs writes them. */
async function batch(records: readonly Content[], options: object = {}): Promise<Buffer> {
  const encoded = await RecordBatch({
    records: records.map((record, offsetDelta) => Record({ offsetDelta, timestampDelta: 0, ...record })),
    lastOffsetDelta: records.length - 1,
    ...options
  })
  return encoded.buffer
}

/** A batch at offset 0 with these bytes for its records, and the checksum that makes Kafka take it. */
function seal(codec: number, records: Buffer, count: number): Buffer {
  const header = Buffer.alloc(61)
  header.writeInt32BE(49 + records.length, 8)
  header.writeInt8(2, 16)
  header.writeInt16BE(codec, 21)
  header.writeInt32BE(count, 57)
  const sealed = Buffer.concat([header, records])
  sealed.writeUInt32BE(crc32c(sealed.subarray(21)), 17)
  return sealed
}
