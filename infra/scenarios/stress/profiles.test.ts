import { expect, test } from 'vitest'
import { profilesOf } from './profiles.ts'

const names = (flags: Record<string, string>, short = false) => profilesOf({ short, flags }).map(({ name }) => name)

test('all five run unless some are asked for, and tests run two', () => {
  expect(names({})).toEqual(['smoke', 'constant', 'ramp', 'spike', 'soak'])
  expect(names({}, true)).toEqual(['smoke', 'soak'])
  expect(names({ profile: 'spike,soak' }, true)).toEqual(['spike', 'soak'])
})

test('rate and length are told to k6 and to people', () => {
  expect(profilesOf({ short: false, flags: { profile: 'constant', rate: '120', seconds: '90' } })).toMatchObject([
    {
      heading: 'Constant: 120 commands a second for 90 s, on time whatever the answers take',
      settings: { RATE: 120, SECONDS: 90 }
    }
  ])
})

test.each([
  [{ profile: 'sock' }, 'There is no profile sock'],
  [{ rate: 'fast' }, '→ at rate'],
  [{ seconds: '0' }, '→ at seconds']
])('%o is refused', (flags, message) => {
  expect(() => profilesOf({ short: false, flags })).toThrow(message)
})
