// The audit, run for whoever asks: one at a time, and the newest is kept.
import type { AuditReport } from '../../proof/audit/audit-report.ts'
import type { AuditOptions } from '../../proof/audit/run-audit.ts'

export interface AuditRun {
  readonly state: 'running' | 'done' | 'failed'
  readonly startedAt: string
  readonly graceSeconds: number
  /** What it does now. */
  readonly doing: string
  /** Records read, of how many; both 0 while that is not known. */
  readonly done: number
  readonly total: number
  readonly report: AuditReport | null
  /** Why it failed; empty otherwise. */
  readonly error: string
}

export interface Audits {
  /** Null before the first. */
  newest(): AuditRun | null
  /** The one under way, where there is one. */
  start(graceSeconds: number): AuditRun
  /** Settles when none is under way. */
  ended(): Promise<AuditRun | null>
}

type Options = Pick<AuditOptions, 'kafka' | 'databaseUrl'> & { readonly plan: () => Promise<AuditOptions['plan']> }

/** It opens sessions of its own: its temporary tables are more than a session that only reads may have. */
export function auditRuns({ kafka, databaseUrl, plan }: Options): Audits {
  let newest: AuditRun | null = null
  let ended: Promise<void> = Promise.resolve()

  async function run(begun: AuditRun): Promise<void> {
    const change = (changes: Partial<AuditRun>) => (newest = { ...(newest ?? begun), ...changes })
    try {
      const { runAudit } = await import('../../proof/audit/run-audit.ts')
      const report = await runAudit({
        kafka,
        databaseUrl,
        plan: await plan(),
        graceSeconds: begun.graceSeconds,
        progress: (doing, done, total) => change({ doing, ...(done !== undefined && total && { done, total }) })
      })
      change({ state: 'done', doing: '', report })
    } catch (error) {
      change({ state: 'failed', doing: '', error: error instanceof Error ? error.message : String(error) })
    }
  }

  return {
    newest: () => newest,
    start(graceSeconds) {
      if (newest?.state === 'running') return newest
      const startedAt = new Date().toISOString()
      const begun = { startedAt, graceSeconds, doing: 'starting', done: 0, total: 0, report: null, error: '' }
      newest = { state: 'running', ...begun }
      ended = run(newest)
      return newest
    },
    async ended() {
      await ended
      return newest
    }
  }
}
