// The audit: Kafka's log and the database, each read once, and compared.
//
// Order matters, because both continue to change: first the committed offsets, then the ends of the logs, then the records up to
// there, and last the database, in one snapshot. What a group had committed was in the database before, so an event that is
// missing there is missing.
import type { Kafka } from 'kafkajs'
import type { AuditReport, Progress } from './audit-report.ts'
import { openAuditSession } from './audit-tables.ts'
import { createCommandTables } from './command-tables.ts'
import { compare } from './compare.ts'
import { followedFunctions, type AuditedPlan } from './followed-functions.ts'
import { loadLog } from './load-log.ts'

export interface AuditOptions {
  readonly kafka: Kafka
  readonly databaseUrl: string
  readonly plan: AuditedPlan
  /** An outbox row this young may still be on its way to Kafka. */
  readonly graceSeconds: number
  readonly progress: Progress
}

export async function runAudit(options: AuditOptions): Promise<AuditReport> {
  const { kafka, databaseUrl, plan, graceSeconds, progress } = options
  const beganAt = performance.now()
  const followed = followedFunctions(plan)
  if (followed.functions.length === 0) {
    throw new Error(
      'No KafkaSource names a function in spec.ceOverrides.extensions.function: there is nothing to audit.'
    )
  }
  const client = await openAuditSession(databaseUrl)
  client.on('error', () => undefined) // the query under way fails as well
  try {
    const { rows } = await client.query<{ started_at: Date }>(
      'insert into audit_run values (clock_timestamp(), make_interval(secs => $1)) returning started_at',
      [graceSeconds]
    )
    await createCommandTables(client)
    await loadLog(kafka, client, followed, progress)
    return {
      startedAt: rows[0]?.started_at.toISOString() ?? '',
      ...(await compare(client, progress)),
      seconds: Math.round((performance.now() - beganAt) / 100) / 10
    }
  } finally {
    await client.end().catch(() => undefined)
  }
}
