import { expect, test } from 'vitest'
import { pickSamples } from './pick-samples.ts'

const samples = [...'aaaaaaaabbc'].map((moment, index) => ({ moment, index }))

test('what fits is shown whole', () => {
  expect(pickSamples(samples, 11)).toEqual(samples)
  expect(pickSamples(samples, 50)).toEqual(samples)
})

test('where a moment begins is always shown, and so is the end', () => {
  expect(pickSamples(samples, 0).map(({ index }) => index)).toEqual([0, 8, 10])
})

test('the rest is spread evenly', () => {
  const shown = pickSamples(samples, 6)
  expect(shown).toHaveLength(6)
  expect(shown.map(({ index }) => index)).toEqual([0, 2, 5, 7, 8, 10])
})

test('of nothing nothing is shown', () => {
  expect(pickSamples([], 5)).toEqual([])
})
