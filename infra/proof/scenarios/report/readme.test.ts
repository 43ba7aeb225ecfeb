import { expect, test } from 'vitest'
import { readmeOf } from './readme.ts'
import type { ScenarioReport } from './scenario-report.ts'

test('sections are in order, and one that was not run again stays as it was', () => {
  const before = readmeOf(['a', 'b', 'c'], [report('a', 'old a'), report('b', 'old b'), report('c', 'old c')], '')
  const after = readmeOf(['a', 'b', 'c'], [report('b', 'new b')], before)
  expect(after).toBe(before.replace('old b', 'new b'))
  expect(after).toMatch(/old a[\s\S]*new b[\s\S]*old c/)
})

test('a scenario that is no more has no section', () => {
  const before = readmeOf(['a', 'b'], [report('a', 'one'), report('b', 'two')], '')
  expect(readmeOf(['b'], [], before)).toBe(readmeOf(['b'], [report('b', 'two')], ''))
})

function report(scenario: string, text: string): ScenarioReport {
  return {
    scenario,
    sentence: 'What it is about.',
    short: false,
    holds: true,
    seconds: 1,
    claims: [],
    facts: {},
    steps: [{ heading: 'First', entries: [{ kind: 'said', text }] }],
    problems: []
  }
}
