import { expect, test } from 'vitest'
import { createConnectorFailures } from './connector-failures.ts'

const running = { id: 0, state: 'RUNNING' }
const users = (state: string, trace = 'a.TooLarge: 2 MiB') => [
  { name: 'users', connector: running, tasks: [{ id: 0, state, ...(state === 'FAILED' && { trace }) }] }
]

test('a connector that fails again and again is restarted later and later, said once, and failing while it runs in between', () => {
  const failures = createConnectorFailures()
  const restartedAt: number[] = []
  const said: string[] = []
  for (let second = 0; second < 300; second += 5) {
    const state = second % 10 === 0 ? 'FAILED' : 'RUNNING'
    for (const { name, reason, isNew } of failures.note(users(state), second * 1_000)) {
      restartedAt.push(second)
      if (isNew) said.push(`${name} ${reason}`)
    }
    expect(failures.of('users')?.reason).toBe('TooLarge: 2 MiB')
  }
  expect(said).toEqual(['users TooLarge: 2 MiB'])
  expect(restartedAt.slice(0, 5)).toEqual([0, 10, 20, 30, 40])
  expect((restartedAt.at(-1) ?? 0) - (restartedAt.at(-2) ?? 0)).toBe(60)
})

test('one that has run for a while is healthy again, and another reason is said', () => {
  const failures = createConnectorFailures()
  failures.note(users('FAILED'), 0)
  expect(failures.note(users('FAILED', 'a.Other: x'), 5_000)).toMatchObject([{ reason: 'Other: x', isNew: true }])
  failures.note(users('RUNNING'), 20_000)
  expect(failures.of('users')).toBeDefined()
  failures.note(users('RUNNING'), 30_000)
  expect(failures.of('users')).toBeUndefined()
  expect(failures.note(users('FAILED'), 40_000)).toMatchObject([{ restarts: 1, isNew: true }])
})
