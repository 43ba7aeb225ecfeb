import { expect, test } from 'vitest'
import { outOfOrderPairs, pairsOf } from './out-of-order.ts'

test.each([
  ['nothing', [], 0],
  ['updates in their order', [1, 2, 3, 4], 0],
  ['two neighbours that changed places', [1, 3, 2, 4], 1],
  ['one that came behind five later ones', [1, 2, 4, 5, 6, 7, 8, 3], 5],
  ['updates in reverse', [4, 3, 2, 1], pairsOf(4)]
])('%s: every pair is counted once', (_, sequences, pairs) => {
  expect(outOfOrderPairs(sequences)).toBe(pairs)
})
