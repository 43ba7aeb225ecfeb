import { expect, test } from 'vitest'
import { isKafkaTool, takeState } from './kafka-tools.ts'

test.each([
  ['topics', ['--list', '--state', '/tmp/x'], ['--list'], '/tmp/x'],
  ['topics', ['--state=other', '--list'], ['--list'], 'other'],
  ['topics', ['--list'], ['--list'], undefined],
  ['consumer-groups', ['--list', '--state', '.local'], ['--list'], '.local'],
  ['consumer-groups', ['--list', '--state', 'Stable'], ['--list', '--state', 'Stable'], undefined],
  ['consumer-groups', ['--describe', '--state'], ['--describe', '--state'], undefined],
  ['consumer-groups', ['--describe', '--state', '--group', 'a'], ['--describe', '--state', '--group', 'a'], undefined]
] as const)('%s %j', (tool, given, args, state) => {
  expect(takeState(tool, given)).toEqual({ args, ...(state !== undefined && { state }) })
})

test('what every object has is no tool', () => {
  expect(isKafkaTool('constructor')).toBe(false)
  expect(isKafkaTool('topics')).toBe(true)
})
