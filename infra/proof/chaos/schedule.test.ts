import fc from 'fast-check'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectDirectory } from '../../bundle.ts'
import { readDeclarations } from '../../derived/declarations.ts'
import { loadPlan } from '../../knative-local/plans.ts'
import { dashed } from '../../new/names.ts'
import { faultKinds, getOn, makeSchedule } from './schedule.ts'
import { type Targets, targetsIn } from './targets.ts'

const targets: Targets = {
  functions: ['send-parcel', 'on-parcel-sent'],
  sources: ['on-parcel-sent'],
  topics: ['parcel_sent'],
  deadLetterTopic: 'parcel_dead_letter'
}
const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 })

test('the same seed gives the same schedule, another seed another one', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 60 }), (seed, minutes) => {
      expect(makeSchedule({ targets, seed, minutes })).toEqual(makeSchedule({ targets, seed, minutes }))
    })
  )
  expect(makeSchedule({ targets, seed: 1, minutes: 4 })).not.toEqual(makeSchedule({ targets, seed: 2, minutes: 4 }))
})

test('faults come in order, within the time, and every kind of them comes before one comes again', () => {
  fc.assert(
    fc.property(seeds, seed => {
      const schedule = makeSchedule({ targets, seed, minutes: 10 })
      const times = schedule.map(({ atMs }) => atMs)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
      expect(Math.max(...times)).toBeLessThan(10 * 60_000)
      const firstRound = schedule.slice(0, faultKinds.length).map(({ kind }) => kind)
      expect(new Set(firstRound).size).toBe(faultKinds.length)
    })
  )
})

test('now and then two faults come at once, never more, and never in each other’s way', () => {
  fc.assert(
    fc.property(seeds, seed => {
      const atOnce = [...Map.groupBy(makeSchedule({ targets, seed, minutes: 30 }), ({ atMs }) => atMs).values()]
      const pairs = atOnce.filter(faults => faults.length > 1)
      expect(pairs.length).toBeGreaterThan(0)
      for (const [one, other, ...more] of pairs) {
        expect(more).toEqual([])
        expect(one && other && getOn(one.kind, other.kind), `${one?.kind} and ${other?.kind}`).toBe(true)
      }
    })
  )
})

test.each([
  ['kill-broker', 'kill-two-brokers'],
  ['lose-answers', 'slow-network'],
  ['kill-postgres', 'users-appear'],
  ['dead-letter-sink-down', 'kill-broker']
] as const)('%s and %s do not come at once, whichever is first', (one, other) => {
  expect([getOn(one, other), getOn(other, one)]).toEqual([false, false])
})

test('two brokers at once are two different ones', () => {
  fc.assert(
    fc.property(seeds, seed => {
      const [fault] = makeSchedule({ targets, seed, minutes: 0.1, kinds: ['kill-two-brokers'] })
      expect(new Set(fault?.targets).size).toBe(2)
    })
  )
})

test('every function that the YAML declares is a target, and every topic that is followed', async () => {
  const { plan } = await loadPlan(['knative', 'infra/kafka'].map(folder => join(projectDirectory, folder)))
  if (plan === undefined) throw new Error('the YAML has errors')
  const declared = (await readDeclarations()).map(({ name }) => dashed(name))
  const found = targetsIn(plan)
  expect(found.functions.toSorted()).toEqual(declared.toSorted())
  fc.assert(
    fc.property(seeds, seed => {
      const schedule = makeSchedule({ targets: found, seed, minutes: 30, kinds: ['kill-function', 'add-partition'] })
      for (const {
        kind,
        targets: [target = '']
      } of schedule) {
        expect(kind === 'kill-function' ? found.functions : found.topics).toContain(target)
      }
    })
  )
})
