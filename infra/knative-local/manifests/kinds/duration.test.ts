import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { meantDuration, parseDuration } from './duration.ts'

// What github.com/rickb777/date v1.14.1 made of these texts, without normalisation, as the Kafka controller calls it.
test.for([
  ['PT0.2S', 200],
  ['PT0.25S', 200],
  ['PT0.05S', 0],
  ['PT0.99S', 900],
  ['PT1.15S', 1_100],
  ['PT00.10S', 100],
  ['PT0,5S', 500],
  ['PT5.S', 5_000],
  ['PT1.S', 1_000],
  ['-PT1S', 1_000],
  ['+PT1S', 1_000],
  ['PT1S1M', 61_000],
  ['PT1.5M', 90_000],
  ['PT1.5M3S', 93_000],
  ['PT1.55M', 90_000],
  ['PT3276S', 3_276_000],
  ['P0', 0],
  ['P1D', 86_400_000],
  ['P1DT', 86_400_000],
  ['P1W2D', 777_600_000],
  ['P1.5D', 129_600_000],
  ['P1M', 2_629_746_000],
  ['P1Y2M3DT4H5M6.7S', 37_090_350_700]
] as const)('%s counts as %i ms', ([text, ms]) => {
  expect(parseDuration(text)).toEqual({ ms })
})

test.for([
  '',
  '+',
  '3s',
  'pt1s',
  'PT1s',
  'T1S',
  'P',
  'PT',
  'PT1',
  'PT-1S',
  'PT+1S',
  'PT.5S',
  'PT1e3S',
  'PT 1S',
  ' PT1S',
  'PT1S ',
  'PT1M1M',
  'PT1TS',
  'P1S',
  'PT1D',
  'PT1.5M1.5S',
  'PT1.,5S',
  'PT1,2.5S',
  'PT1S\n'
])('%j is no duration', text => {
  expect(parseDuration(text)).toHaveProperty('refused')
})

test('a number above 3276.7 overflows in the controller although the webhook takes it', () => {
  expect(parseDuration('PT3276.7S')).toEqual({ ms: 3_276_700 })
  expect(parseDuration('PT3276.8S')).toHaveProperty('overflow')
  expect(parseDuration('PT3600S')).toEqual({ overflow: 'PT1H' })
  expect(parseDuration('PT600000S')).toEqual({ overflow: 'PT10000M' })
})

describe('for every duration', () => {
  const part = fc.nat({ max: 3_276 })

  test('the parts add up, whatever their order', () => {
    fc.assert(
      fc.property(
        part,
        part,
        part,
        fc.shuffledSubarray(['H', 'M', 'S'] as const, { minLength: 1 }),
        (hours, minutes, seconds, order) => {
          const values = { H: hours, M: minutes, S: seconds }
          const units = { H: 3_600_000, M: 60_000, S: 1_000 }
          const text = `PT${order.map(letter => `${values[letter]}${letter}`).join('')}`
          expect(parseDuration(text)).toEqual({
            ms: order.reduce((sum, letter) => sum + values[letter] * units[letter], 0)
          })
        }
      )
    )
  })

  test('of the decimals only the first counts', () => {
    fc.assert(
      fc.property(part, fc.stringMatching(/^\d{1,9}$/), (seconds, decimals) => {
        const kept = Number(decimals[0])
        const expected = seconds * 10 + kept > 32_767 ? 'overflow' : 'ms'
        expect(parseDuration(`PT${seconds}.${decimals}S`)).toHaveProperty(expected)
        expect(parseDuration(`PT${seconds}.${decimals}S`)).toEqual(parseDuration(`PT${seconds},${kept}S`))
      })
    )
  })

  test('the sign does not count', () => {
    fc.assert(
      fc.property(part, seconds => {
        expect(parseDuration(`-PT${seconds}S`)).toEqual(parseDuration(`PT${seconds}S`))
      })
    )
  })

  test('no text makes it throw, and what it takes starts with P', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'+-PYMWDTHS0123456789.,sm ') }), text => {
        const parsed = parseDuration(text)
        expect('refused' in parsed || /^[+-]?P/.test(text)).toBe(true)
      })
    )
  })
})

test('what was probably meant is suggested in the form that is kept', () => {
  expect(['3s', '500ms', '2m', '1h', '90s', '1.5s', '10', 'soon'].map(meantDuration)).toEqual([
    'PT3S',
    'PT0.5S',
    'PT2M',
    'PT1H',
    'PT90S',
    'PT1.5S',
    'PT10S',
    undefined
  ])
})
