// The audit of a system that has come to rest: an outbox row that is not in Kafka by now is not on its way.
import type { Endpoints } from '../../knative-local/index.ts'
import type { AuditReport } from './audit-report.ts'
import { type AuditOptions, runAudit } from './run-audit.ts'

export interface AtRest extends Pick<AuditOptions, 'kafka' | 'plan'> {
  readonly endpoints: Pick<Endpoints, 'postgres'>
}

export function auditAtRest({ kafka, plan, endpoints }: AtRest): Promise<AuditReport> {
  return runAudit({
    kafka,
    plan,
    databaseUrl: endpoints.postgres.url,
    graceSeconds: 0,
    progress: () => undefined
  })
}
