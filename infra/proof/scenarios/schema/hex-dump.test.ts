import { expect, test } from 'vitest'
import { hexDump } from './hex-dump.ts'

test('bytes are shown as xxd shows them, the last line filled up', () => {
  expect(hexDump(Buffer.from('\n\u0003c-2\u0012\tCompilers\u0018\f"\u0006H 1.03', 'latin1'))).toEqual([
    '00000000: 0a03 632d 3212 0943 6f6d 7069 6c65 7273  ..c-2..Compilers',
    '00000010: 180c 2206 4820 312e 3033                 ..".H 1.03'
  ])
})

test('nothing is no line', () => {
  expect(hexDump(Buffer.alloc(0))).toEqual([])
})
