import fc from 'fast-check'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createGroupCommit } from './group-commit.ts'
import { Linger } from './linger.ts'

/** Of each transaction here. */
const transactionMs = 3

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

test('works that come 200 times a second are five or six to a group, and none waits longer than 25 ms for the others', async () => {
  const { groups, took } = await come(Array.from({ length: 400 }, (_, index) => index * 5))
  expect(Math.min(...groups.slice(90, -1))).toBeGreaterThanOrEqual(5) // once the rate is known
  expect(Math.max(...took)).toBeLessThanOrEqual(25 + transactionMs + 2)
})

test('at 1,000 a second eight are enough', async () => {
  const { groups, took } = await come(Array.from({ length: 2_000 }, (_, index) => index))
  expect(Math.min(...groups.slice(60, -1))).toBeGreaterThanOrEqual(8)
  expect(Math.max(...took.slice(200, -8))).toBeLessThanOrEqual(8 + 2 * transactionMs + 2)
})

test('at 100 a second none is kept', async () => {
  const { took } = await come(Array.from({ length: 200 }, (_, index) => index * 10))
  expect(Math.max(...took)).toBeLessThanOrEqual(transactionMs + 1)
})

test('a burst after a quiet time is not kept', async () => {
  const { took } = await come([0, 1, 2, 3, 4, 5].flatMap(ms => [ms, ms + 1_000, ms + 2_000]).toSorted((a, b) => a - b))
  expect(Math.max(...took)).toBeLessThanOrEqual(2 * transactionMs + 2)
})

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 31, 40])(
  '%i callers who wait for their answers are answered as often as without it',
  async callers => {
    const without = await callInTurn(callers, undefined)
    expect(await callInTurn(callers, new Linger())).toBeGreaterThan(0.9 * without)
  }
)

test('a work that waits for the turn of another one is not kept a second time', async () => {
  const linger = new Linger()
  const waits = vi.spyOn(globalThis, 'setTimeout')
  const { took } = await come(
    Array.from({ length: 400 }, (_, index) => index * 5),
    linger,
    number => `key ${number % 2 ? number : number - 1}`
  )
  expect(took).toHaveLength(400)
  for (const [, ms] of waits.mock.calls) expect(ms).toBeGreaterThan(0)
  waits.mockRestore()
})

test('however they come, each is done once, after a bounded time', async () => {
  const pauses = fc.array(fc.oneof(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 40 })), { maxLength: 150 })
  await fc.assert(
    fc.asyncProperty(pauses, async list => {
      let atMs = 0
      const { took } = await come(list.map(pauseMs => (atMs += pauseMs)))
      expect(took).toHaveLength(list.length)
      expect(Math.max(0, ...took)).toBeLessThanOrEqual(25 + 2 * transactionMs + 2)
    }),
    { numRuns: 50 }
  )
})

/** One work at each of these times, in milliseconds: how many each group had, and how long each work took. */
async function come(timesMs: readonly number[], linger = new Linger(), keyOf = (number: number) => String(number)) {
  const { run, groups } = start(linger)
  const took: number[] = []
  const one = async (work: string) => {
    const beganMs = performance.now()
    await run(work)
    took.push(performance.now() - beganMs)
  }
  const overMs = (timesMs.at(-1) ?? 0) + 1_000
  for (let atMs = 0, next = 0; took.length < timesMs.length && atMs < overMs; atMs++) {
    for (; (timesMs[next] ?? Infinity) <= atMs; next++) void one(keyOf(next))
    await millisecond()
  }
  return { groups, took }
}

/** Each calls again as soon as it has its answer: how many answers they have in 3 s. */
async function callInTurn(callers: number, linger: Linger | undefined): Promise<number> {
  const { run } = start(linger)
  const endMs = performance.now() + 3_000
  let answers = 0
  const call = async (name: string) => {
    for (let number = 0; performance.now() < endMs; number++) {
      await run(`${name} ${number}`)
      answers++
    }
  }
  const all = Promise.all(Array.from({ length: callers }, (_, index) => call(`caller ${index}`)))
  for (let ms = 0; ms < 3_100; ms++) await millisecond()
  await all
  return answers
}

function start(linger: Linger | undefined) {
  const groups: number[] = []
  const transact = (works: number) => {
    groups.push(works)
    return new Promise<void>(resolve => setTimeout(resolve, transactionMs))
  }
  const run = createGroupCommit<string, string>({
    async alone(work) {
      await transact(1)
      return work
    },
    async together(members) {
      await transact(members.length)
      return members.map(({ work }) => work)
    },
    keysOf: work => [work],
    ...(linger && { linger })
  })
  return { run, groups }
}

/** Enough turns for all that hangs together to happen at this moment. */
async function millisecond(): Promise<void> {
  for (let turns = 0; turns < 6; turns++) await turn()
  vi.advanceTimersByTime(1)
}
