import { expect, test } from 'vitest'
import { predecessorOf } from './position.ts'

const at = (sequence: number) => ({ entity: 'student-1', sequence })

test.each([
  ['the first event has none', 'none', ['A', 'B'], 0],
  ['the last one of the accepted types', 'A=1&B=4', ['A', 'B'], 4],
  ['what is not accepted does not count', 'A=1&B=4', ['A'], 1],
  ['none of what is accepted came before', 'A=1&B=4', ['C'], 0],
  ['a claim about later events counts for nothing', 'A=1&B=9', ['A', 'B'], 1]
] as const)('%s', (_, predecessors, accepts, expected) => {
  expect(predecessorOf(at(5), predecessors, accepts, 1)).toBe(expected)
})

test.each([undefined, '', 'unknown', 'A', 'A=x', 'A=1&', '=1'])(
  'without predecessors (%j) an event follows the sequence before it, from the first one that the function sees',
  predecessors => {
    expect(predecessorOf(at(5), predecessors, ['B'], 1)).toBe(4)
    expect(predecessorOf(at(2), predecessors, ['B'], 2)).toBe(0)
    expect(predecessorOf(at(3), predecessors, ['B'], 2)).toBe(2)
    expect(predecessorOf(at(1), predecessors, ['A'], 1)).toBe(0)
  }
)
