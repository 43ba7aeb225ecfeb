import fc from 'fast-check'
import { expect, onTestFinished, test, vi } from 'vitest'
import { AssignedPartition } from './assigned-partition.ts'
import { RecordFlow } from './record-flow.ts'
import type { KafkaRecord } from '../kafka/record.ts'

const neverPaused = { pause: () => {}, resume: () => {} }

function record(partition: number, offset: number): KafkaRecord {
  return { topic: 't', partition, offset, timestampMs: 0n, key: null, value: Buffer.from('x'), headers: [] }
}

/** The first of what is under way ends next, or another: `order` decides. */
async function runAll(ordering: 'ordered' | 'unordered', counts: readonly number[], order: readonly number[]) {
  const handled: KafkaRecord[] = []
  const underWay: { at: KafkaRecord; end: () => void }[] = []
  const most = new Map<number, number>()
  const flow = new RecordFlow(ordering, async at => {
    handled.push(at)
    await new Promise<void>(end => {
      underWay.push({ at, end })
      const ofPartition = underWay.filter(({ at: other }) => other.partition === at.partition).length
      most.set(at.partition, Math.max(most.get(at.partition) ?? 0, ofPartition))
    })
  })
  const partitions = counts.map((_, i) => new AssignedPartition({ topic: 't', partition: i }, 0, neverPaused))
  for (const partition of partitions) flow.add(partition)
  for (const [i, partition] of partitions.entries()) {
    for (let offset = 0; offset < (counts[i] ?? 0); offset++) partition.push(record(i, offset))
    flow.start(partition)
  }
  const total = counts.reduce((sum, count) => sum + count, 0)
  for (let ended = 0; ended < total; ended++) {
    const [next] = underWay.splice((order[ended % Math.max(1, order.length)] ?? 0) % underWay.length, 1)
    next?.end()
    await new Promise(resolve => setImmediate(resolve))
  }
  return { handled, partitions, most }
}

test('ordered: one record of a partition at a time, in its order, whichever ends first; all are committed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(8), { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(50), { maxLength: 10 }),
      async (counts, order) => {
        const { handled, partitions, most } = await runAll('ordered', counts, order)
        for (const [i, partition] of partitions.entries()) {
          const offsets = handled.filter(at => at.partition === i).map(({ offset }) => offset)
          expect(offsets).toEqual(Array.from({ length: counts[i] ?? 0 }, (_, offset) => offset))
          expect(most.get(i) ?? 0).toBeLessThanOrEqual(1)
          expect(partition.tracker.committable).toBe(counts[i])
        }
      }
    ),
    { numRuns: 50 }
  )
})

test('unordered: many at once, each once; all are committed whichever ends first', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(40), { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(50), { maxLength: 10 }),
      async (counts, order) => {
        const { handled, partitions } = await runAll('unordered', counts, order)
        const keys = handled.map(({ partition, offset }) => `${partition}/${offset}`)
        expect(new Set(keys).size).toBe(keys.length)
        for (const [i, partition] of partitions.entries()) expect(partition.tracker.committable).toBe(counts[i])
      }
    ),
    { numRuns: 50 }
  )
})

test('unordered: what is under way is bounded', async () => {
  let underWay = 0
  let most = 0
  const ends: (() => void)[] = []
  const partition = new AssignedPartition({ topic: 't', partition: 0 }, 0, neverPaused)
  const flow = new RecordFlow('unordered', async () => {
    await Promise.resolve() // a delivery, too, does something before its request
    await partition.request(async () => {
      most = Math.max(most, ++underWay)
      await new Promise<void>(end => ends.push(end))
      underWay--
    })
  })
  flow.add(partition)
  for (let offset = 0; offset < 500; offset++) partition.push(record(0, offset))
  flow.start(partition)
  await new Promise(setImmediate)
  while (ends.length > 0) {
    ends.shift()?.()
    await new Promise(resolve => setImmediate(resolve))
  }
  expect(most).toBe(50)
  expect(partition.tracker.committable).toBe(500)
})

test('unordered: of what waits, the record that was written first starts first, whichever partition it is of', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.nat(100_000), { maxLength: 60 }), { maxLength: 8 }), async times => {
      const { started, end } = startTimed(times.map(ofPartition => ofPartition.toSorted((a, b) => a - b)))
      while (await end()) {}
      const inOrder = times.flat().toSorted((a, b) => a - b)
      expect(started.map(({ timestampMs }) => Number(timestampMs))).toEqual(inOrder)
    }),
    { numRuns: 50 }
  )
})

test('unordered: however old the records of others say they are, a partition has its turn within a second', async () => {
  const timeMs = fc.oneof(fc.constant(-1), fc.nat(1000), fc.integer({ min: 0, max: 1e15 }))
  const sameTimes = fc
    .tuple(fc.integer({ min: 40, max: 120 }), timeMs)
    .map(([count, ms]) => Array<number>(count).fill(ms))
  const manyTimes = fc.array(timeMs, { minLength: 40, maxLength: 120 })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(sameTimes, manyTimes), { minLength: 2, maxLength: 6 }), async perPartition => {
      vi.useFakeTimers({ toFake: ['performance', 'Date'] })
      onTestFinished(() => void vi.useRealTimers())
      const { started, end } = startTimed(perPartition)
      const lastMs = perPartition.map(() => performance.now())
      for (let seen = 0; ;) {
        for (; seen < started.length; seen++) {
          const partition = started[seen]?.partition ?? 0
          expect(performance.now() - (lastMs[partition] ?? 0)).toBeLessThanOrEqual(1000 + perPartition.length * 100)
          lastMs[partition] = performance.now()
        }
        vi.advanceTimersByTime(100)
        if (!(await end())) break
      }
      expect(started).toHaveLength(perPartition.flat().length)
    }),
    { numRuns: 30 }
  )
})

test('unordered: equally old records start in turn, and what waits for a retry leaves its place to others, up to a bound', async () => {
  const { started } = startTimed([Array(90).fill(1), Array(5).fill(1), Array(20).fill(2)], 'backoff')
  expect(started).toHaveLength(100)
  expect(started.slice(0, 10).map(({ partition }) => partition)).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
})

/** What is queued while the flow is held starts at once, or when `end` has ended the oldest that is under way. */
function startTimed(timesMs: readonly (readonly number[])[], then: 'request' | 'backoff' = 'request') {
  const started: KafkaRecord[] = []
  const underWay: (() => void)[] = []
  const flow = new RecordFlow('unordered', async (at, partition) => {
    started.push(at)
    if (then === 'backoff') return void (await flow.wait(1_000_000, partition))
    await partition.request(() => new Promise<void>(end => underWay.push(end)))
  })
  flow.hold()
  for (const [i, ofPartition] of timesMs.entries()) {
    const partition = new AssignedPartition({ topic: `t${i}`, partition: i }, 0, neverPaused)
    flow.add(partition)
    for (const [offset, timestampMs] of ofPartition.entries()) {
      partition.push({ ...record(i, offset), timestampMs: BigInt(timestampMs) })
    }
  }
  flow.release()
  return {
    started,
    async end() {
      underWay.shift()?.()
      await new Promise(setImmediate)
      return underWay.length > 0
    }
  }
}

test('while the flow is held nothing starts, and a retry waits for its release', async () => {
  const partition = new AssignedPartition({ topic: 't', partition: 0 }, 0, neverPaused)
  const started: number[] = []
  const flow = new RecordFlow('ordered', async ({ offset }) => void started.push(offset))
  flow.add(partition)
  flow.hold()
  partition.push(record(0, 0))
  flow.start(partition)
  expect(started).toEqual([])
  const retry = flow.wait(0, partition)
  flow.release()
  expect(await retry).toBe(true)
  expect(started).toEqual([0])
})

test('a partition that was lost ends its backoffs and starts nothing more', async () => {
  const partition = new AssignedPartition({ topic: 't', partition: 0 }, 0, neverPaused)
  const started: number[] = []
  const flow = new RecordFlow('ordered', async ({ offset }) => {
    started.push(offset)
    await flow.wait(1_000_000, partition)
  })
  flow.add(partition)
  partition.push(record(0, 0))
  partition.push(record(0, 1))
  flow.start(partition)
  flow.remove(partition)
  await new Promise(resolve => setImmediate(resolve))
  expect(started).toEqual([0])
})

test('fetching pauses when much is queued and continues when half of it is gone', () => {
  const calls: string[] = []
  const partition = new AssignedPartition({ topic: 't', partition: 0 }, 0, {
    pause: () => calls.push('pause'),
    resume: () => calls.push('resume')
  })
  for (let offset = 0; offset <= 1000; offset++) partition.push(record(0, offset))
  expect(calls).toEqual(['pause'])
  for (let i = 0; i < 500; i++) partition.shift()
  expect(calls).toEqual(['pause'])
  partition.shift()
  expect(calls).toEqual(['pause', 'resume'])
})

test('fetching pauses for what records take in memory, their headers included, and continues when half of it is gone', () => {
  const calls: string[] = []
  const fetching = { pause: () => void calls.push('pause'), resume: () => void calls.push('resume') }
  const partition = new AssignedPartition({ topic: 't', partition: 0 }, 0, fetching)
  const headers = Array.from({ length: 1000 }, (_, i) => [`h${i}`, Buffer.from('v')] as const)
  let pushed = 0
  while (calls.length === 0) partition.push({ ...record(0, pushed++), headers })
  expect(pushed).toBeLessThan(20)
  while (calls.length === 1) partition.shift()
  expect(calls).toEqual(['pause', 'resume'])
})
