import { createRequire } from 'node:module'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readSnappyBlock } from './snappy.ts'

/** What kafkajs-snappy writes with. */
const { compress } = createRequire(import.meta.url)('snappyjs') as { compress(bytes: Buffer): Buffer }
const maxBytes = 1024 * 1024

test('what snappyjs writes is read, repeats included', () => {
  const repetitive = fc
    .array(fc.constantFrom('parcel', 'ab', 'a', '\0', 'Ada Lovelace '), { maxLength: 400 })
    .map(words => Buffer.from(words.join('')))
  const anything = fc.uint8Array({ maxLength: 4_096 }).map(bytes => Buffer.from(bytes))
  fc.assert(
    fc.property(fc.oneof(repetitive, anything), bytes => {
      expect(readSnappyBlock(compress(bytes), maxBytes).equals(bytes)).toBe(true)
    })
  )
})

test('a literal whose length is above 2^31 is refused, and not read backwards for ever', () => {
  const block = Buffer.from([5, 0xfc, 0xfa, 0xff, 0xff, 0xff, 1, 2, 3])
  expect(() => readSnappyBlock(block, maxBytes)).toThrow('a literal is too long')
})

test.each([
  ['no length', []],
  ['a length without an end', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ['more than is allowed', [0xff, 0xff, 0xff, 0x7f]],
  ['less than it says', [5, 0, 1]],
  ['a copy from before the beginning', [5, 0, 1, 0x01, 9]],
  ['a copy of nothing', [5, 0, 1, 0x01, 0]],
  ['more than it says', [1, 4, 1, 2]],
  ['a cut off offset', [5, 0, 1, 0x02, 1]]
])('%s is an error', (_, bytes) => {
  expect(() => readSnappyBlock(Buffer.from(bytes), maxBytes)).toThrow(/snappy|more than/)
})

test('any bytes are read or refused', () => {
  const outcome = (bytes: Uint8Array): number | string => {
    try {
      return readSnappyBlock(Buffer.from(bytes), maxBytes).length
    } catch (error) {
      return error instanceof Error ? error.message : 'no error'
    }
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), bytes => {
      expect(outcome(bytes)).toSatisfy((found: number | string) =>
        typeof found === 'number' ? found <= maxBytes : found !== 'no error'
      )
    }),
    { numRuns: 2_000 }
  )
})
