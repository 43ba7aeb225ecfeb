import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FetchPace, GATHER_ABOVE_PER_SECOND, MAX_GATHER_MS, MIN_GATHER_MS } from './fetch-pace.ts'

/** Records that come at a rate, a fetch for each few of them. */
function come(pace: FetchPace, perSecond: number, aFetch: number, fromMs: number, seconds: number): number {
  const untilMs = fromMs + seconds * 1000
  let nowMs = fromMs
  for (; nowMs < untilMs; nowMs += (aFetch * 1000) / perSecond) pace.arrived(aFetch, nowMs)
  return nowMs
}

const aFetch = fc.integer({ min: 1, max: 5 })

test('a fetch waits while records come fast, and as soon as they do not it does not', () => {
  fc.assert(
    fc.property(fc.integer({ min: GATHER_ABOVE_PER_SECOND * 1.2, max: 20_000 }), aFetch, (perSecond, each) => {
      const pace = new FetchPace()
      expect(pace.waitMs(0)).toBe(0)
      const nowMs = come(pace, perSecond, each, 0, 2)
      const waitMs = pace.waitMs(nowMs)
      expect(waitMs).toBeGreaterThanOrEqual(perSecond < 190 ? MAX_GATHER_MS * 0.8 : MIN_GATHER_MS)
      expect(waitMs).toBeLessThanOrEqual(perSecond > 450 ? MIN_GATHER_MS : MAX_GATHER_MS)
      expect(pace.waitMs(nowMs + 2000)).toBe(0)
    })
  )
})

test('records that come slowly are fetched at once, whatever came before', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: GATHER_ABOVE_PER_SECOND * 0.8 }),
      aFetch,
      fc.nat(10_000),
      (perSecond, each, before) => {
        const pace = new FetchPace()
        pace.arrived(before, 0)
        const nowMs = come(pace, perSecond, each, 3000, 2)
        expect(pace.waitMs(nowMs)).toBe(0)
      }
    )
  )
})
