import { expect, test } from 'vitest'
import { droppedIterations, Summary, thresholdsOf } from './summary.ts'

/** As k6 1.8 writes it, in extracts. */
const summary = Summary.parse({
  root_group: { name: '', checks: {} },
  metrics: {
    checks: { passes: 43, fails: 1, value: 0.977, thresholds: { 'rate==1': true } },
    http_req_duration: { med: 12.1, 'p(95)': 43.77, max: 90.2 },
    'http_req_duration{scenario:rate_40}': { 'p(95)': 43.77, thresholds: { 'p(95)<500': false } },
    dropped_iterations: { count: 3, rate: 0.25, thresholds: { 'rate<0.6': false } },
    vus: { value: 0, min: 0, max: 1 }
  }
})

test('a threshold is printed with what was seen, and whether it passes', () => {
  expect(thresholdsOf(summary)).toEqual([
    { metric: 'checks', expression: 'rate==1', passes: false, seen: '43 of 44' },
    { metric: 'dropped_iterations', expression: 'rate<0.6', passes: true, seen: '0.3 a second' },
    { metric: 'http_req_duration', scenario: 'rate_40', expression: 'p(95)<500', passes: true, seen: '44 ms' }
  ])
})

test('what k6 did not send is counted, and is none when the metric is not there', () => {
  expect(droppedIterations(summary)).toBe(3)
  expect(droppedIterations({ metrics: {} })).toBe(0)
})
