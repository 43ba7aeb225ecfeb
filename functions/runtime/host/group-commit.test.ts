import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createGroupCommit } from './group-commit.ts'

interface Job {
  readonly number: number
  readonly key: string
  readonly kind: 'plain' | 'left out' | 'spoils the group' | 'throws'
  /** Turns of the event loop that it takes, and that pass before the next one comes. */
  readonly turns: number
  readonly pause: number
}

test('whatever comes with whatever, each work is done once and gets its own answer, and no group has two of a key', async () => {
  await fc.assert(
    fc.asyncProperty(jobs(), async list => {
      const { run, done, groups } = start()
      const answers = []
      for (const job of list) {
        answers.push(Promise.allSettled([run(job)]))
        await turns(job.pause)
      }
      const given = (await Promise.all(answers)).flat()
      expect(given.map(answer => (answer.status === 'fulfilled' ? answer.value : String(answer.reason)))).toEqual(
        list.map(({ number, kind }) => (kind === 'throws' ? `Error: of ${number}` : `done ${number}`))
      )
      const expected = list.flatMap(({ kind, number }) => (kind === 'throws' ? [] : [number]))
      expect(done.toSorted((a, b) => a - b)).toEqual(expected)
      for (const group of groups) expect(new Set(group.map(({ key }) => key)).size).toBe(group.length)
      for (const key of new Set(list.map(job => job.key))) {
        const inGroups = groups.flat().filter(job => job.key === key)
        expect(inGroups.map(({ number }) => number)).toEqual(
          inGroups.map(({ number }) => number).toSorted((a, b) => a - b)
        )
      }
    }),
    { numRuns: 200 }
  )
})

test('a work that nobody comes with begins without a timer, and alone', async () => {
  const { run, begun, groups } = start()
  for (const number of [1, 2, 3]) {
    const answer = run(job({ number }))
    await turns(2)
    expect(begun).toContain(number)
    await answer
  }
  expect(groups).toEqual([])
})

test('a burst that is read in several turns is one group', async () => {
  const { run, groups, begun } = start()
  const answers = []
  for (let number = 0; number < 6; number++) {
    answers.push(run(job({ number, key: String(number) })))
    if (number % 2 === 1) await turns(2)
  }
  await Promise.all(answers)
  expect(groups.map(group => group.map(({ number }) => number))).toEqual([[0, 1, 2, 3, 4, 5]])
  expect(begun).toEqual([])
})

test('what comes without an end begins all the same, up to a bound in each group', async () => {
  const { run, groups } = start()
  await Promise.all(
    Array.from({ length: 70 }, async (_, number) => {
      await turns(number)
      await run(job({ number, key: String(number), turns: 10 }))
    })
  )
  expect(groups[0]).toHaveLength(32)
})

test('what comes while one is under way is together, up to a bound', async () => {
  const { run, groups } = start()
  const first = run(job({ number: 100, key: 'first', turns: 3 }))
  await turns(2)
  await Promise.all(Array.from({ length: 70 }, (_, number) => run(job({ number, key: String(number) }))))
  expect(groups.map(group => group.length)).toEqual([32, 32, 6])
  await first
})

test('of works of a key that wait, the lowest in rank goes first, in the place of the one that came first', async () => {
  const { run, groups, begun } = start({ rankOf: ({ number }) => number % 10 })
  const first = run(job({ number: 100, key: 'first', turns: 3 }))
  await turns(2)
  const waiting = [13, 20, 12, 11, 30].map(number => run(job({ number, key: String(Math.floor(number / 10)) })))
  await Promise.all([first, ...waiting])
  expect(groups.map(group => group.map(({ number }) => number))).toEqual([[11, 20, 30]])
  expect(begun).toEqual([100, 12, 13])
})

test('one that takes long holds up nobody', async () => {
  const stuck = Promise.withResolvers<string>()
  const run = createGroupCommit<string, string>({
    alone: async work => (work === 'stuck' ? stuck.promise : work),
    together: async members => members.map(({ work }) => work),
    keysOf: work => [work]
  })
  const first = run('stuck')
  await turns(2)
  expect(await Promise.all([run('a'), run('b')])).toEqual(['a', 'b'])
  stuck.resolve('at last')
  expect(await first).toBe('at last')
})

test('a flood of works that spoil their groups is done alone, nearly all of it', async () => {
  const { run, groups } = start()
  for (let round = 0; round < 100; round++) {
    const flood = Array.from({ length: 40 }, (_, number) =>
      job({ number, key: String(number), kind: 'spoils the group' })
    )
    await Promise.all(flood.map(run))
  }
  expect(groups.length).toBeLessThan(10)
  await Promise.all(Array.from({ length: 8_000 }, (_, number) => run(job({ number, key: String(number) }))))
  expect(groups.some(group => group.every(({ kind }) => kind === 'plain'))).toBe(true)
})

function start(options: { rankOf?: (job: Job) => number } = {}) {
  const begun: number[] = []
  const done: number[] = []
  const groups: Job[][] = []
  const run = createGroupCommit<Job, string>({
    async alone({ number, kind, turns: count }) {
      begun.push(number)
      await turns(count)
      if (kind === 'throws') throw new Error(`of ${number}`)
      done.push(number)
      return `done ${number}`
    },
    async together(members) {
      const works = members.map(({ work }) => work)
      groups.push(works)
      await turns(Math.max(...works.map(work => work.turns)))
      if (works.some(({ kind }) => kind === 'throws' || kind === 'spoils the group')) throw new Error('spoilt')
      return works.map(({ number, kind }) => {
        if (kind === 'left out') return undefined
        done.push(number)
        return `done ${number}`
      })
    },
    keysOf: ({ key }) => [key],
    ...options
  })
  return { run, begun, done, groups }
}

const job = (given: Partial<Job>): Job => ({ number: 0, key: 'one', kind: 'plain', turns: 1, pause: 0, ...given })

const jobs = (): fc.Arbitrary<Job[]> =>
  fc
    .array(
      fc.record({
        key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
        kind: fc.constantFrom('plain', 'plain', 'plain', 'left out', 'spoils the group', 'throws') as fc.Arbitrary<
          Job['kind']
        >,
        turns: fc.integer({ min: 0, max: 5 }),
        pause: fc.integer({ min: 0, max: 3 })
      }),
      { maxLength: 30 }
    )
    .map(list => list.map((given, number) => ({ ...given, number })))

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(resolve => setImmediate(resolve))
}
