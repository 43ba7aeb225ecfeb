// Runs scenarios one after the other on one stack, and prints what they say while they say it.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Endpoints } from '../../knative-local/index.ts'
import { terminal } from './report/show.ts'
import type { ScenarioReport } from './report/scenario-report.ts'
import { runScenario } from './run-scenario.ts'
import type { Scenario } from './scenario.ts'

export interface RunAllOptions {
  readonly endpoints: Endpoints
  readonly stateDirectory: string
  readonly short: boolean
  /** Of the scenarios' own. */
  readonly flags?: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  /** What the scenarios say. */
  readonly stream: NodeJS.WriteStream
  /** Which one runs, and how it ended. */
  say(sentence: string): void
}

export async function runAll(
  wanted: readonly Scenario[],
  { endpoints, stateDirectory, short, flags, signal, stream, say }: RunAllOptions
): Promise<ScenarioReport[]> {
  const directory = join(stateDirectory, 'scenarios')
  await mkdir(directory, { recursive: true })
  const reports: ScenarioReport[] = []
  for (const scenario of wanted) {
    if (signal.aborted) break
    say(`\n${scenario.name}: ${scenario.sentence}`)
    const report = await runScenario(
      scenario,
      { endpoints, directory, short, flags, signal, progress: say },
      terminal(stream)
    )
    for (const problem of report.problems) say(`\n${problem}`)
    const failed = report.claims.filter(({ holds }) => !holds).length
    say(
      report.holds
        ? `\nAll ${report.claims.length} claims hold; ${report.seconds} s.`
        : `\nIT DOES NOT HOLD: ${failed} of ${report.claims.length} claims fail, ${report.problems.length} problems; ${report.seconds} s.`
    )
    reports.push(report)
  }
  return reports
}
