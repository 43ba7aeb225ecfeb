// Runs one scenario on a running stack, undoes what it did, and says whether all it claimed holds.
import { createNarration, type Listener } from './report/narrator.ts'
import { claimsOf, type ScenarioReport } from './report/scenario-report.ts'
import type { Scenario } from './scenario.ts'
import { type OpenStage, openStage, type StageOptions } from './stage/open-stage.ts'

export async function runScenario(
  scenario: Scenario,
  options: StageOptions,
  listener: Listener
): Promise<ScenarioReport> {
  const narration = createNarration(listener)
  const problems: string[] = []
  const began = performance.now()
  let open: OpenStage | undefined
  try {
    open = await openStage(options)
    await scenario.run(open.stage, narration)
  } catch (error) {
    if (options.signal.aborted) problems.push('It was stopped before its end.')
    else problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
  } finally {
    problems.push(...((await open?.close()) ?? []))
  }
  const claims = claimsOf(narration.steps)
  return {
    scenario: scenario.name,
    sentence: scenario.sentence,
    short: options.short,
    holds: problems.length === 0 && claims.length > 0 && claims.every(({ holds }) => holds),
    seconds: Math.round((performance.now() - began) / 1_000),
    claims,
    facts: narration.facts,
    steps: narration.steps,
    problems
  }
}
