import fc from 'fast-check'
import { expect, test } from 'vitest'
import { faultKinds, getOn, makeSchedule } from './schedule.ts'

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

test('now and then two faults come at once, never more, and never in each other’s way', () => {
  fc.assert(
    fc.property(seeds, seed => {
      const atOnce = [...Map.groupBy(makeSchedule({ seed, minutes: 30 }), ({ atMs }) => atMs).values()]
      const pairs = atOnce.filter(faults => faults.length > 1)
      expect(pairs.length).toBeGreaterThan(0)
      for (const [one, other, ...more] of pairs) {
        expect(more).toEqual([])
        expect(one && other && getOn(one.kind, other.kind), `${one?.kind} and ${other?.kind}`).toBe(true)
      }
    })
  )
})

test.each([
  ['kill-broker', 'kill-two-brokers'],
  ['lose-answers', 'slow-network'],
  ['kill-postgres', 'users-appear'],
  ['dead-letter-sink-down', 'kill-broker']
] as const)('%s and %s do not come at once, whichever is first', (one, other) => {
  expect([getOn(one, other), getOn(other, one)]).toEqual([false, false])
})

test('two brokers at once are two different ones', () => {
  fc.assert(
    fc.property(seeds, seed => {
      const [fault] = makeSchedule({ seed, minutes: 0.1, kinds: ['kill-two-brokers'] })
      expect(new Set(fault?.targets).size).toBe(2)
    })
  )
})
