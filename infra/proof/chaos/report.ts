// The report of a rehearsal: the same facts as JSON and as Markdown.
import { table } from '../../knative-local/command-line.ts'
import type { AuditReport } from '../audit/audit-report.ts'
import type { Invariant } from './invariants.ts'
import { type Fault, showFault } from './schedule.ts'

export interface FaultResult {
  readonly fault: Fault
  /** Of the run. */
  readonly startedMs: number
  readonly endedMs: number
  readonly did: string
  /** From the end of the fault until all parts were well and a new student had gone all the way; null when that took too long. */
  readonly recoveryMs: number | null
}

export interface ChaosReport {
  readonly seed: number
  readonly minutes: number
  /** The command that does the same again. */
  readonly again: string
  readonly holds: boolean
  readonly schedule: readonly Fault[]
  readonly faults: readonly FaultResult[]
  readonly load: {
    readonly accepted: number
    readonly sent: number
    readonly repeated: number
    readonly skipped: number
  }
  readonly deliveries: {
    /** At least: what was delivered just before a kill is not counted. */
    readonly delivered: number
    readonly events: number
    readonly duplicates: number
    /** Dead letters that no sink took; the functions' own letters are the first copy. */
    readonly deadLettersDropped: number
  }
  /** Until nothing was under way any more; null when that took too long. */
  readonly quietMs: number | null
  /** What was still under way then. */
  readonly unrest: readonly string[]
  readonly invariants: readonly Invariant[]
  readonly audit: AuditReport
}

export function markdown(report: ChaosReport): string {
  const { seed, minutes, again, faults, load, deliveries, invariants, audit, quietMs, unrest } = report
  const recoveries = Map.groupBy(faults, ({ fault }) => fault.kind)
  return [
    `# Rehearsal with seed ${seed}: ${report.holds ? 'everything held' : 'something did not hold'}`,
    '',
    `${faults.length} faults in ${minutes} minutes under load. Again: \`${again}\``,
    '',
    ...markdownTable(
      ['Invariant', 'Holds', 'Seen'],
      invariants.map(({ name, holds, detail }) => [name, holds ? 'yes' : '**no**', detail])
    ),
    '',
    '## Faults',
    '',
    ...markdownTable(
      ['At', 'Fault', 'On', 'What was done', 'Recovered after'],
      faults.map(({ fault, startedMs, did, recoveryMs }) => [
        seconds(startedMs),
        fault.kind,
        fault.targets.join(', '),
        did.replaceAll('|', '\\|'),
        recoveryMs === null ? '**not in time**' : seconds(recoveryMs)
      ])
    ),
    '',
    '## Recovery by kind',
    '',
    ...markdownTable(
      ['Fault', 'Times', 'Median', 'Longest'],
      [...recoveries].map(([kind, results]) => {
        const times = results.flatMap(({ recoveryMs }) => recoveryMs ?? []).toSorted((a, b) => a - b)
        return [kind, String(results.length), seconds(times[(times.length - 1) >> 1]), seconds(times.at(-1))]
      })
    ),
    '',
    '## Load and deliveries',
    '',
    `- ${load.sent} commands sent for ${load.accepted} students, repeated ${load.repeated} times until they were answered; ${load.skipped} left out while too many were under way.`,
    `- ${deliveries.delivered} deliveries at least for ${deliveries.events} events: ${deliveries.duplicates} duplicates at least, none of which may be applied.`,
    `- ${deliveries.deadLettersDropped} dead letters found no sink; the functions' own letters are the first copy.`,
    quietMs === null
      ? `- Not quiet in the end: ${unrest.join(', ')}.`
      : `- Quiet ${seconds(quietMs)} after the load had ended.`,
    `- The audit read ${audit.accounts.records} records and ${audit.accounts.outboxRows} outbox rows in ${audit.seconds} s: ${audit.clean ? 'nothing is wrong' : JSON.stringify(audit.counts)}.`,
    ...audit.findings.slice(0, 50).map(finding => `  - ${JSON.stringify(finding)}`),
    ''
  ].join('\n')
}

export function showSchedule(schedule: readonly Fault[]): string {
  return schedule.map(showFault).join('\n')
}

export function showInvariants(invariants: readonly Invariant[]): string {
  return table(
    ['Holds', 'Invariant', 'Seen'],
    invariants.map(({ name, holds, detail }) => [holds ? 'yes' : 'NO', name, detail])
  ).join('\n')
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [head, head.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`)
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? '-' : `${(ms / 1_000).toFixed(1)} s`
}
