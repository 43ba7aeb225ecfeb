// `npm run local -- audit`: what became of every event.
import { join } from 'node:path'
import { z } from 'zod'
import { project } from '../../project.ts'
import { exitStatus, print, printError, UsageError } from '../../knative-local/command-line.ts'
import { manifestPathsIn } from '../../knative-local/index.ts'
import { loadPlan, formatProblems } from '../../knative-local/plans.ts'
import { type AuditFlags, readAddresses } from './arguments.ts'
import { kafkaClient } from './kafka-client.ts'
import { startProgress } from './progress.ts'
import { runAudit } from './run-audit.ts'
import { showReport } from './show-report.ts'

const Grace = z.coerce.number().int().min(0).max(86_400)

/** Returns the exit status. */
export async function runAuditCommand(flags: AuditFlags): Promise<number> {
  try {
    const grace = Grace.safeParse(flags.grace)
    if (!grace.success) throw new UsageError('--grace must be a whole number of seconds, at most 86400')
    const { kafka, databaseUrl } = await readAddresses(flags, process.env)
    const manifests = flags.file ?? manifestPathsIn(project).map(path => join(project.directory, path))
    const { plan, problems } = await loadPlan(manifests)
    if (plan === undefined) throw new UsageError(formatProblems(problems))
    const report = await runAudit({
      kafka: await kafkaClient(kafka),
      databaseUrl,
      plan,
      graceSeconds: grace.data,
      progress: startProgress(line => process.stderr.write(line))
    })
    print(flags.json ? JSON.stringify(report, null, 2) : showReport(report))
    return report.clean ? exitStatus.done : exitStatus.failed
  } catch (error) {
    printError(error instanceof Error ? error.message || error.name : String(error))
    return exitStatus.wrongUsage
  }
}
