import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { deliver, type FailedAttempt } from '../delivery/deliver.ts'
import { Outcomes } from './outcomes.ts'
import type { KafkaRecord } from '../kafka/record.ts'

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
  progress.failed(retried('refused'))
  progress.failed(retried('answered 503'))
  expect(outcomes.retrying()).toMatchObject([
    { topic: 't', partition: 1, offset: 5, eventId: 'event-1', failures: 2, error: 'http://subscriber answered 503' }
  ])
  expect(outcomes.lastError).toBe('t/1@5: http://subscriber answered 503')
  progress.end()
  expect(outcomes.retrying()).toEqual([])
  expect(outcomes.retries).toBe(2)
})

test('an id as long as a record is shortened, in status and log', () => {
  const { outcomes, log } = logged()
  const long = { ...record, headers: [['ce_id', Buffer.alloc(900_000, 'i')]] as const }
  outcomes.begin(long).failed(retried('no'))
  outcomes.count({ end: 'dropped', error: 'no' }, long)
  expect(outcomes.retrying()[0]?.eventId).toBe('i'.repeat(1_024))
  expect(log.every(({ eventId }) => eventId === 'i'.repeat(1_024))).toBe(true)
})

test('those with most failures come first, and no more than ten are listed', () => {
  const { outcomes } = logged()
  for (let offset = 0; offset < 30; offset++) {
    const progress = outcomes.begin({ ...record, offset })
    for (let failure = 0; failure <= offset; failure++) progress.failed(retried('no'))
  }
  expect(outcomes.retrying().map(({ offset }) => offset)).toEqual([29, 28, 27, 26, 25, 24, 23, 22, 21, 20])
})

test('a record that is retried leaves a line at its first failed attempt and one at its last', async () => {
  const { outcomes, log } = logged()
  await delivered(outcomes, 'http://subscriber', [503, 503, 404, 503])
  expect(log.map(({ msg }) => msg)).toEqual([
    't/1@5: attempt 1 of 4 answered 503; next in 0.4 s',
    't/1@5: attempt 4 of 4 answered 503; it was the last'
  ])
  expect(log[0]).toMatchObject({ topic: 't', partition: 1, offset: 5, eventId: 'event-1', url: 'http://subscriber' })
})

test('one that succeeds after retries leaves the first line, one that is never retried none', async () => {
  const { outcomes, log } = logged()
  await delivered(outcomes, 'http://letters', ['connection refused', 204])
  await delivered(outcomes, 'http://subscriber', [422])
  expect(log.map(({ msg }) => msg)).toEqual([
    't/1@5: attempt 1 of 4 at the dead letter sink did not answer: connection refused; next in 0.4 s'
  ])
})

test('when the sink is down for all records under way, some leave their line and the others are counted', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { outcomes, log } = logged()
  const fail = (records: number) => {
    for (let offset = 0; offset < records; offset++)
      outcomes.begin({ ...record, offset }).failed(retried('answered 503'))
  }
  fail(1_000)
  expect(log).toHaveLength(20)
  vi.advanceTimersByTime(10_000)
  expect(log.slice(20).map(({ msg }) => msg)).toEqual([
    '980 more within 10 s, the last of them t/1@999: attempt 1 of 11 answered 503; next in 0.4 s'
  ])
  fail(3)
  vi.advanceTimersByTime(10_000)
  expect(log).toHaveLength(24)
  outcomes.count({ end: 'dropped', error: 'no' }, record)
  expect(log.at(-1)?.msg).toBe('LOST t/1@5: nobody took it')
})

const retried = (how: string): FailedAttempt => ({ attempt: 1, of: 11, url: 'http://subscriber', how, nextInMs: 400 })

async function delivered(outcomes: Outcomes, url: string, answers: readonly (number | string)[]): Promise<void> {
  const left = [...answers]
  const delivery = { retry: 3, backoffPolicy: 'exponential', backoffDelayMs: 200, timeoutMs: 1000 } as const
  await deliver(url, { headers: [], body: null }, delivery, {
    send: async () => {
      const answer = left.shift()
      if (typeof answer !== 'number') throw new Error(answer)
      return { status: answer, headers: [], body: Buffer.alloc(0) }
    },
    wait: async () => true,
    failed: outcomes.begin(record, 'http://letters').failed
  })
}

function logged() {
  const log: Record<string, unknown>[] = []
  const outcomes = new Outcomes(pino({ base: null }, { write: (line: string) => void log.push(JSON.parse(line)) }))
  return { outcomes, log }
}
