import { expect, test } from 'vitest'
import { compareStores } from './compare-stores.ts'

test('stores that agree have nothing without the other, even when an event came twice', () => {
  expect(compareStores(['1', '2'], ['2', '1', '2'])).toEqual({ rows: 2, events: 2, withoutEvent: 0, withoutRow: 0 })
})

test('a row that was never announced and an event of no row are counted apart', () => {
  expect(compareStores(['1', '2', '3'], ['3', '4'])).toEqual({ rows: 3, events: 2, withoutEvent: 2, withoutRow: 1 })
})
