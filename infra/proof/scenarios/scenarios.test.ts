// Every scenario in its short form, on the one stack of the end-to-end tests: what it claims must hold.
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import type { Listener } from './report/narrator.ts'
import type { ScenarioReport } from './report/scenario-report.ts'
import { runScenario } from './run-scenario.ts'
import type { Scenario } from './scenario.ts'
import { scenarios } from './scenarios.ts'
import { findK6 } from './stress/find-k6.ts'

/** Many times what one needs; it ends unasked then and undoes what it did, so that the next one finds the stack healthy. */
const endsWithinMs = 360_000
const undoneWithinMs = 240_000

test('stress: its k6 is on PATH, or is built once', { timeout: 960_000 }, async () => {
  const { version } = await findK6({ signal: new AbortController().signal, progress: () => undefined })
  expect(version).toMatch(/^v[1-9]/)
})

// Not test.each, which would cut the sentences short.
for (const scenario of scenarios) {
  test(`${scenario.name}: ${scenario.sentence}`, { timeout: endsWithinMs + undoneWithinMs }, async () => {
    const report = await run(scenario)
    expect(report.problems).toEqual([])
    expect(report.claims.filter(({ holds }) => !holds)).toEqual([])
    expect(report.holds).toBe(true)
  })
}

test('a claim that does not hold fails the scenario, which continues and is undone', async () => {
  const done: string[] = []
  const report = await run({
    name: 'wrong',
    sentence: 'Claims what is not so.',
    async run(stage, narrator) {
      stage.undo('the first', async () => void done.push('first undone'))
      stage.undo('the second', () => Promise.reject(new Error('it is stuck')))
      narrator.step('Brokers')
      narrator.claim(
        'there are nine',
        stage.endpoints.kafka.brokers.length === 9,
        `${stage.endpoints.kafka.brokers.length}`
      )
      narrator.claim('there are three', stage.endpoints.kafka.brokers.length === 3, '3')
      done.push('continued')
    }
  })
  expect(report).toMatchObject({
    holds: false,
    claims: [
      { claim: 'there are nine', holds: false, seen: '3' },
      { claim: 'there are three', holds: true }
    ],
    problems: ['the second was not undone: it is stuck']
  })
  expect(done).toEqual(['continued', 'first undone'])
})

test('a scenario that cannot continue, or claims nothing, does not hold', async () => {
  const broken = { name: 'broken', sentence: 'Breaks.', run: () => Promise.reject(new Error('no such topic')) }
  expect(await run(broken)).toMatchObject({ holds: false, problems: [expect.stringContaining('no such topic')] })
  expect(await run({ name: 'silent', sentence: 'Says nothing.', run: async () => undefined })).toMatchObject({
    holds: false
  })
})

function run(scenario: Scenario): Promise<ScenarioReport> {
  return runScenario(
    scenario,
    {
      endpoints: inject('endpoints'),
      directory: join(inject('stateDirectory'), 'scenarios'),
      short: true,
      signal: AbortSignal.timeout(endsWithinMs)
    },
    silent
  )
}

const silent: Listener = { step: () => undefined, entry: () => undefined }
