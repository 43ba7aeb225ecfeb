import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OffsetTracker, type Finish } from './offset-tracker.ts'

test('a commit never passes a record that is not finished, and reaches the end when all are', () => {
  fc.assert(
    fc.property(
      fc.nat(1000),
      // Gaps between offsets, and the order in which the records finish.
      fc
        .array(fc.integer({ min: 1, max: 5 }), { maxLength: 200 })
        .chain(gaps => fc.tuple(fc.constant(gaps), fc.shuffledSubarray(gaps.map((_, i) => i)))),
      (start, [gaps, finishing]) => {
        const tracker = new OffsetTracker(start)
        const offsets: number[] = []
        const finishes: Finish[] = gaps.map(gap => {
          const offset = (offsets.at(-1) ?? start - 1) + gap
          offsets.push(offset)
          return tracker.received(offset)
        })
        const unfinished = new Set(offsets)
        let committed = tracker.committable
        for (const i of finishing) {
          finishes[i]?.()
          unfinished.delete(offsets[i] ?? -1)
          const first = Math.min(...unfinished, tracker.next)
          expect(tracker.committable).toBe(first)
          expect(tracker.committable).toBeGreaterThanOrEqual(committed)
          committed = tracker.committable
        }
        expect(tracker.unfinished).toBeLessThanOrEqual(offsets.length)
      }
    )
  )
})

test('offsets without records, such as transaction markers, are passed once everything before them is finished', () => {
  const tracker = new OffsetTracker(10)
  const finish = tracker.received(10)
  tracker.skipTo(12)
  expect(tracker.committable).toBe(10)
  finish()
  expect(tracker.committable).toBe(12)
})

test('finishing twice counts once', () => {
  const tracker = new OffsetTracker(0)
  const first = tracker.received(0)
  tracker.received(1)
  first()
  first()
  expect(tracker.committable).toBe(1)
})

test('an offset cannot be received twice', () => {
  const tracker = new OffsetTracker(0)
  tracker.received(3)
  expect(() => tracker.received(3)).toThrow(/received before/)
})
