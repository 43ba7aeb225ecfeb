import { pino } from 'pino'
import { expect, test } from 'vitest'
import { Outcomes } from './outcomes.ts'
import type { KafkaRecord } from './record.ts'

const record: KafkaRecord = {
  topic: 't',
  partition: 1,
  offset: 5,
  timestampMs: 0n,
  key: null,
  value: null,
  headers: [['ce_id', Buffer.from('event-1')]]
}

test('a record whose delivery fails is listed with its place, its event and its failures until it ends', () => {
  const { outcomes } = logged()
  const progress = outcomes.begin(record)
  progress.failed('refused')
  progress.failed('answered 503')
  expect(outcomes.retrying()).toMatchObject([
    { topic: 't', partition: 1, offset: 5, eventId: 'event-1', failures: 2, error: 'answered 503' }
  ])
  expect(outcomes.lastError).toBe('t/1@5: answered 503')
  progress.end()
  expect(outcomes.retrying()).toEqual([])
  expect(outcomes.retries).toBe(2)
})

test('those with most failures come first, and no more than ten are listed', () => {
  const { outcomes } = logged()
  for (let offset = 0; offset < 30; offset++) {
    const progress = outcomes.begin({ ...record, offset })
    for (let failure = 0; failure <= offset; failure++) progress.failed('no')
  }
  expect(outcomes.retrying().map(({ offset }) => offset)).toEqual([29, 28, 27, 26, 25, 24, 23, 22, 21, 20])
})

test('the log names the record at its first failures, and seldom after', () => {
  const { outcomes, log } = logged()
  const progress = outcomes.begin(record)
  for (let failure = 0; failure < 100; failure++) progress.failed('no')
  expect(log.map(({ failures }) => failures)).toEqual([1, 2, 4, 8, 16, 32, 64])
  expect(log[0]).toMatchObject({ level: 30, topic: 't', partition: 1, offset: 5, eventId: 'event-1', error: 'no' })
  expect(log[3]).toMatchObject({ level: 40, msg: 'delivery of t/1@5 failed 8 times, trying again' })
})

function logged() {
  const log: Record<string, unknown>[] = []
  const outcomes = new Outcomes(pino({ base: null }, { write: (line: string) => void log.push(JSON.parse(line)) }))
  return { outcomes, log }
}
