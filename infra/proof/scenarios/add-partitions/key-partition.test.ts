import { expect, test } from 'vitest'
import { moveKeys, partitionOf, shareThatMoves } from './key-partition.ts'

// Hashes as in Kafka's own UtilsTest: murmur2 of `21` is -973932308, and of `foobar` -790332482; the sign bit is dropped.
test.each([
  ['21', -973_932_308],
  ['foobar', -790_332_482]
])('the key %s goes where Kafka puts it', (key, hash) => {
  for (const partitions of [1, 4, 6, 12]) expect(partitionOf(key, partitions)).toBe((hash & 0x7fffffff) % partitions)
})

test('every key is somewhere before and after', () => {
  const keys = Array.from({ length: 200 }, (_, index) => `student-${index}`)
  const moved = moveKeys(keys, 4, 6)
  expect(moved.map(({ partition }) => partition)).toEqual([0, 1, 2, 3, 4, 5])
  for (const { keysBefore, stay, leave, come, keysAfter } of moved) {
    expect(stay + leave).toBe(keysBefore)
    expect(stay + come).toBe(keysAfter)
  }
  expect(moved.slice(4).map(({ keysBefore }) => keysBefore)).toEqual([0, 0])
  const total = (of: 'leave' | 'come' | 'keysAfter') => moved.reduce((sum, row) => sum + row[of], 0)
  expect(total('leave')).toBe(total('come'))
  expect(total('keysAfter')).toBe(200)
})

test('two thirds of the keys move from 4 to 6 partitions, half of them from 4 to 8', () => {
  expect(shareThatMoves(4, 6)).toBeCloseTo(2 / 3)
  expect(shareThatMoves(4, 8)).toBe(0.5)
})
