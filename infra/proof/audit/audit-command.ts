// `npm run local -- audit`. Flags: arguments.ts, or --help.
import { loadPlan } from '../../knative-local/manifests/load-plan.ts'
import { formatProblems } from '../../knative-local/manifests/problem.ts'
import { auditUsage, readAuditArguments, UsageError } from './arguments.ts'
import { kafkaClient } from './kafka-client.ts'
import { startProgress } from './progress.ts'
import { runAudit } from './run-audit.ts'
import { showReport } from './show-report.ts'

/** Returns the exit status. */
export async function auditCommand(args: readonly string[]): Promise<0 | 1 | 2> {
  try {
    const { help, json, graceSeconds, manifests, kafka, databaseUrl } = await readAuditArguments(args, process.env)
    if (help) {
      process.stdout.write(`${auditUsage}\n`)
      return 0
    }
    const { plan, problems } = await loadPlan(manifests)
    if (plan === undefined) throw new UsageError(formatProblems(problems))
    const report = await runAudit({
      kafka: await kafkaClient(kafka),
      databaseUrl,
      plan,
      graceSeconds,
      progress: startProgress(line => process.stderr.write(line))
    })
    process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : `${showReport(report)}\n`)
    return report.clean ? 0 : 1
  } catch (error) {
    const message = error instanceof Error ? error.message || error.name : String(error)
    process.stderr.write(`${message}\n${error instanceof UsageError ? `\n${auditUsage}\n` : ''}`)
    return 2
  }
}
