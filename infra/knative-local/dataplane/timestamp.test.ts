import { expect, test } from 'vitest'
import { normaliseTime, timeAsInstant, timeAsText, timeOfRecord } from './timestamp.ts'

test.each([
  ['2026-01-02T03:04:05.000Z', '2026-01-02T03:04:05Z'],
  ['2026-01-02T03:04:05.100Z', '2026-01-02T03:04:05.1Z'],
  ['2026-01-02T03:04:05.123456789+01:00', '2026-01-02T03:04:05.123456789+01:00'],
  ['2026-01-02t03:04:05z', '2026-01-02T03:04:05Z'],
  ['2026-01-02T03:04Z', '2026-01-02T03:04:00Z'],
  ['2026-01-02T03:04:05+00:00', '2026-01-02T03:04:05Z'],
  ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z']
])('%s is written as %s', (given, written) => {
  expect(normaliseTime(given)).toBe(written)
})

test.each([
  '2026-02-29T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-01-02T24:00:00Z',
  '2026-01-02 03:04:05Z',
  '2026-01-02',
  'now',
  ''
])('%j is no time', given => {
  expect(normaliseTime(given)).toBeUndefined()
})

test('the time of a record has no trailing zeros', () => {
  expect(timeOfRecord(1_700_000_000_123)).toBe('2023-11-14T22:13:20.123Z')
  expect(timeOfRecord(1_700_000_006_500)).toBe('2023-11-14T22:13:26.5Z')
  expect(timeOfRecord(1_700_000_000_000)).toBe('2023-11-14T22:13:20Z')
})

test('filters compare a time in UTC, its fraction in groups of three digits', () => {
  expect(timeAsInstant('2026-01-02T03:04:05+01:30')).toBe('2026-01-02T01:34:05Z')
  expect(timeAsInstant('2026-01-02T03:04:05.1Z')).toBe('2026-01-02T03:04:05.100Z')
})

test('CESQL sees a time as Java prints it', () => {
  expect(timeAsText('2026-01-02T03:04:00Z')).toBe('2026-01-02T03:04Z')
  expect(timeAsText('2026-01-02T03:04:05.1Z')).toBe('2026-01-02T03:04:05.100Z')
  expect(timeAsText('2026-01-02T03:00:05Z')).toBe('2026-01-02T03:00:05Z')
})
