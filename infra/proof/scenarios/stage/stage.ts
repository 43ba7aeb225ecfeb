// What a scenario works with: a running stack, clients of its parts, and a list of what must be undone.
import type { Admin, Kafka } from 'kafkajs'
import type { Pool } from 'pg'
import type { Action, Endpoints } from '../../../knative-local/index.ts'
import type { Plan } from '../../../knative-local/plans.ts'
import type { Processes } from '../../../knative-local/single-parts.ts'

export interface Stage {
  /** As they were when the scenario began: pids change when parts are restarted. */
  readonly endpoints: Endpoints
  readonly plan: Plan
  readonly kafka: Kafka
  /** Connected; it finds the brokers again automatically. */
  readonly admin: Admin
  readonly database: Pool
  /** For further members, clients and tools; what still runs in the end is killed. */
  readonly processes: Processes
  /** The size that the tests run; the other one is for people. */
  readonly short: boolean
  /** Those of the scenario's own that were given, as they were given. */
  readonly flags: Readonly<Record<string, string | undefined>>
  /** Where files for people go. */
  readonly directory: string
  /** Ctrl-C. Every wait must end with it. */
  readonly signal: AbortSignal
  /** In the names of everything that this run makes, so that runs never meet. */
  readonly mark: string
  /** Says to whoever waits what takes long; not part of the report. */
  progress(sentence: string): void
  /** Does to a part what `npm run local -- ACTION PART` does. */
  act(action: Action, part: string): Promise<void>
  /** To be done after the scenario, newest first, however it ends: every step once, whether or not an earlier one failed. */
  undo(what: string, work: () => Promise<unknown>): void
}
