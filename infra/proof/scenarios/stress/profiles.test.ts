import { expect, test } from 'vitest'
import { flags, profilesOf } from './profiles.ts'

const names = (given: Record<string, string>, short = false) =>
  profilesOf({ short, flags: given }).map(({ name }) => name)

test('all five run unless some are asked for, and tests run two', () => {
  expect(names({})).toEqual(['smoke', 'constant', 'ramp', 'spike', 'soak'])
  expect(names({}, true)).toEqual(['smoke', 'soak'])
  expect(names({ profile: 'spike,soak' }, true)).toEqual(['spike', 'soak'])
})

test('rate and length are given to k6 and to people', () => {
  expect(profilesOf({ short: false, flags: { profile: 'constant', rate: '120', seconds: '90' } })).toMatchObject([
    {
      heading: 'Constant: 120 commands a second for 90 s, on time whatever the answers take',
      settings: { RATE: 120, SECONDS: 90 }
    }
  ])
})

test.each([
  [{ profile: 'soak,sock' }, 'one of smoke, constant, ramp, spike, soak'],
  [{ rate: 'fast' }, 'must be a number'],
  [{ seconds: '0' }, 'must be at least 2']
])('%o is refused', (given, message) => {
  expect(flags.safeParse(given).error?.message).toContain(message)
})
