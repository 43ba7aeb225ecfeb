import { expect, test } from 'vitest'
import { createKeptRecords, maxKept } from './kept-records.ts'
import type { SeenRecord } from './seen-record.ts'

test('the oldest records make room for new ones, and numbers continue', () => {
  const { arrived, keep } = createKeptRecords()
  for (let n = 0; n < maxKept + 3; n++) keep(record({ offset: n }))
  expect(arrived).toHaveLength(maxKept)
  expect(arrived.at(0)).toMatchObject({ number: 4, record: { offset: 3 } })
  expect(arrived.at(-1)?.number).toBe(maxKept + 3)
})

test('large records make room sooner: 64 MiB are kept, and one that is larger alone is not', () => {
  const { arrived, keep } = createKeptRecords()
  const mebibyte = 1024 * 1024
  for (let n = 0; n < 100; n++) keep(record({ offset: n, bytes: mebibyte }))
  expect(arrived).toHaveLength(63)
  keep(record({ offset: 100, bytes: 65 * mebibyte }))
  expect(arrived).toHaveLength(0)
  keep(record({ offset: 101 }))
  expect(arrived).toMatchObject([{ number: 102 }])
})

function record(own: Partial<SeenRecord>): SeenRecord {
  return { preview: '', key: '', bytes: 0, ...own } as SeenRecord
}
