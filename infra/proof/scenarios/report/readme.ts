// README.md of this folder: what a scenario is, and the real output of each.
import { markdown } from './show.ts'
import type { ScenarioReport } from './scenario-report.ts'

const marker = (name: string) => `## ${name}\n`

/** A page whose sections are those of `reports`, and for the other names those that it had. */
export function readmeOf(names: readonly string[], reports: readonly ScenarioReport[], before: string): string {
  const sections = names.flatMap(name => {
    const report = reports.find(({ scenario }) => scenario === name)
    return report ? [markdown(report)] : sectionOf(before, name)
  })
  return [intro, ...sections].join('\n')
}

function sectionOf(page: string, name: string): string[] {
  const start = page.indexOf(marker(name))
  if (start === -1) return []
  const end = page.indexOf('\n## ', start)
  return [`${page.slice(start, end === -1 ? undefined : end).trimEnd()}\n`]
}

const intro = `# Scenarios

Questions that people ask about Kafka and Knative, each as a command that does the thing on the real three-broker cluster,
shows it in tables, and fails when what it claims does not hold.

\`\`\`sh
npm run scenario -- list
npm run scenario -- rebalance
\`\`\`

A scenario runs on the stack of \`npm run dev\`, or on one of its own when none runs. What it kills or stops it starts again, also
after Ctrl-C; students, and partitions that it added, stay. \`--json\` prints the same as data, \`--short\` runs the size that the tests
run, and the exit status is 1 when a claim fails. Tables have the columns of Kafka's own tools, which run here too:
\`npm run kafka -- consumer-groups --describe --group on-student-create\`.

What follows was printed by the commands, on 2 cores with everything on them; \`npm run generate:scenarios\` writes this page.
`
