import { expect, test } from 'vitest'
import { figuresOf, type ProfileRun, rampSteps } from './figures.ts'
import type { Answer } from './journal.ts'
import type { Threshold } from './summary.ts'

test('lag and CPU are those from the first command to the last answer', () => {
  const samples = [sample(500, 99, 0.9), sample(1_500, 4, 0.2), sample(2_500, 7, 0.4), sample(9_000, 99, 0.9)]
  const figures = figuresOf(run([answer('soak', 1_000), answer('soak', 2_900)]), samples)
  expect(figures).toMatchObject({ requests: 2, maxLag: 7, maxOutboxDepth: 7, cpu: { k6: expect.closeTo(0.3) } })
  expect(figures.perSecond).toBeCloseTo(1)
})

test('a step of the ramp holds when no threshold of its own is crossed, and those never reached are left out', () => {
  const steps = rampSteps(
    run(
      [answer('rate_100', 8_000), answer('rate_50', 1_000)],
      [
        threshold('rate_50', 'http_req_duration', true),
        threshold('rate_50', 'dropped_iterations', true, '0'),
        threshold('rate_100', 'http_req_duration', true),
        threshold('rate_100', 'dropped_iterations', false, '12'),
        threshold('rate_150', 'http_req_duration', true)
      ]
    ),
    [sample(900, 1, 0), sample(7_000, 5, 0), sample(9_000, 50, 0)]
  )
  expect(steps.map(({ rate, dropped, lag, held }) => ({ rate, dropped, lag, held }))).toEqual([
    { rate: 50, dropped: 0, lag: 1, held: true },
    { rate: 100, dropped: 12, lag: 5, held: false }
  ])
})

function run(answers: readonly Answer[], thresholds: readonly Threshold[] = []): ProfileRun {
  return {
    profile: { name: 'ramp', heading: 'Ramp', settings: {} },
    answers,
    thresholds,
    dropped: 0,
    startedAt: new Date(0),
    endedAt: new Date(10_000),
    effects: { accepted: 0, missing: 0, twice: 0, delays: [] },
    caughtUpMs: 0
  }
}

const answer = (scenario: string, sentAt: number): Answer => ({
  kind: 'create',
  name: `${scenario}-1`,
  sentAt,
  ms: 100,
  status: 201,
  right: true,
  scenario
})
const sample = (at: number, records: number, k6: number) => ({
  at,
  lag: { 'on-student-create': records },
  outboxDepth: records,
  cpu: { k6 }
})
const threshold = (scenario: string, metric: string, passes: boolean, seen = '') => ({
  scenario,
  metric,
  expression: '',
  passes,
  seen
})
