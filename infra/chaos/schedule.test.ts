import fc from 'fast-check'
import { expect, test } from 'vitest'
import { faultKinds, makeSchedule } from './schedule.ts'

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 })

test('the same seed gives the same schedule, another seed another one', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 60 }), (seed, minutes) => {
      expect(makeSchedule({ seed, minutes })).toEqual(makeSchedule({ seed, minutes }))
    })
  )
  expect(makeSchedule({ seed: 1, minutes: 4 })).not.toEqual(makeSchedule({ seed: 2, minutes: 4 }))
})

test('faults come in order, within the time, and every kind of them comes before one comes again', () => {
  fc.assert(
    fc.property(seeds, seed => {
      const schedule = makeSchedule({ seed, minutes: 10 })
      const times = schedule.map(({ atMs }) => atMs)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
      expect(Math.max(...times)).toBeLessThan(10 * 60_000)
      const firstRound = schedule.slice(0, faultKinds.length).map(({ kind }) => kind)
      expect(new Set(firstRound).size).toBe(faultKinds.length)
    })
  )
})

test('two brokers at once are two different ones', () => {
  fc.assert(
    fc.property(seeds, seed => {
      const [fault] = makeSchedule({ seed, minutes: 0.1, kinds: ['kill-two-brokers'] })
      expect(new Set(fault?.targets).size).toBe(2)
    })
  )
})
