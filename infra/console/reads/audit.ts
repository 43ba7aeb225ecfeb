// The audit: what became of every event, and whether any of it is wrong.
import { z } from 'zod'
import type { AuditRun } from './audit-runs.ts'
import { defineRead } from './read.ts'

/** A day. */
const maxGraceSeconds = 86_400
export const Grace = z.coerce.number().int().min(0).max(maxGraceSeconds).default(30)

export const audit = defineRead({
  description: 'The newest run of the audit: its progress, and its report with every finding when it has ended.',
  input: z.object({}),
  run: async ({ audits }): Promise<{ readonly run: AuditRun | null }> => ({ run: audits.newest() })
})

export const auditNow = defineRead({
  description:
    'Runs the audit to its end: compares Kafka with the database, changes nothing, and names what is lost or done twice.',
  input: z.object({ graceSeconds: Grace }),
  async run({ audits }, { graceSeconds }): Promise<{ readonly run: AuditRun | null }> {
    audits.start(graceSeconds)
    return { run: await audits.ended() }
  }
})
