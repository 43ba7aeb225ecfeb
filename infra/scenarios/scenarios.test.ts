// Every scenario in its short form, on the one stack of the end-to-end tests: what it claims must hold.
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { runScenario } from './run-scenario.ts'
import { scenarios } from './scenarios.ts'

test.each(scenarios)('$name: $sentence', { timeout: 240_000 }, async scenario => {
  const report = await runScenario(
    scenario,
    {
      endpoints: inject('endpoints'),
      directory: join(inject('stateDirectory'), 'scenarios'),
      short: true,
      signal: new AbortController().signal
    },
    { step: () => undefined, entry: () => undefined }
  )
  expect(report.problems).toEqual([])
  expect(report.claims.filter(({ holds }) => !holds)).toEqual([])
  expect(report.holds).toBe(true)
})
