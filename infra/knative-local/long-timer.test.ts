import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { backoffMs } from './dataplane/delivery/backoff.ts'
import { AssignedPartition } from './dataplane/egress/assigned-partition.ts'
import { Deadlines } from './dataplane/delivery/deadlines.ts'
import { startLongTimer } from './long-timer.ts'

const DAY_MS = 86_400_000

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a timer of months ends when it should, and not before', () => {
  const expire = vi.fn()
  startLongTimer(100 * DAY_MS, expire)
  vi.advanceTimersByTime(100 * DAY_MS - 1)
  expect(expire).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(expire).toHaveBeenCalledOnce()
})

test('a cancelled timer never ends', () => {
  const expire = vi.fn()
  const timer = startLongTimer(100 * DAY_MS, expire)
  vi.advanceTimersByTime(50 * DAY_MS)
  timer.cancel()
  vi.advanceTimersByTime(100 * DAY_MS)
  expect(expire).not.toHaveBeenCalled()
})

test('a backoff of P1M waits, however often it is doubled', async () => {
  const partition = new AssignedPartition({ topic: 't', partition: 0 }, 0, { pause: () => {}, resume: () => {} })
  const delivery = { backoffPolicy: 'exponential', backoffDelayMs: 30 * DAY_MS } as const
  const ended = vi.fn()
  void partition.backoff(backoffMs(delivery, 8)).then(ended)
  await vi.advanceTimersByTimeAsync(365 * DAY_MS)
  expect(ended).not.toHaveBeenCalled()
  partition.close()
  await vi.advanceTimersByTimeAsync(0)
  expect(ended).toHaveBeenCalledOnce()
})

test('a delivery timeout of P1M leaves its request a month', () => {
  const expire = vi.fn()
  new Deadlines(30 * DAY_MS).start(expire)
  vi.advanceTimersByTime(30 * DAY_MS - 1000)
  expect(expire).not.toHaveBeenCalled()
  vi.advanceTimersByTime(2000)
  expect(expire).toHaveBeenCalledOnce()
})
