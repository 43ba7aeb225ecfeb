// The report for people: the table, what could not be compared, and every finding with the command that shows it again.
import { shortLine, table } from '../../knative-local/command-line.ts'
import type { Finding } from './finding.ts'
import type { AuditReport, CommandCoverage, Coverage } from './audit-report.ts'
import { maxListed } from './compare.ts'

const columns = ['applied', 'letters', 'held', 'discarded', 'pending', 'lost', 'duplicates'] as const

const commandColumns = ['answered', 'letters', 'discarded', 'resolved', 'pending', 'lost'] as const

export function showReport(report: AuditReport): string {
  const { coverage, commands, accounts, counts, findings, seconds } = report
  const rows = coverage.map(row => [
    row.function,
    `${row.topic}/${row.partition}`,
    String(row.from),
    String(row.to),
    ...columns.map(name => String(row[name]))
  ])
  const sum = (name: keyof Coverage) => String(coverage.reduce((total, row) => total + Number(row[name]), 0))
  const notes = [
    `${accounts.records} records in Kafka, ${accounts.outboxRows} rows in the outbox.`,
    note(accounts.outboxRowsOnTheirWay, 'outbox rows are too young to be missed in Kafka yet'),
    note(accounts.outboxRowsOlderThanTheLog, 'outbox rows are older than what Kafka keeps'),
    note(accounts.recordsWhoseRowWasPruned, 'records are older than what the outbox keeps')
  ]
  return [
    ...table(['Function', 'Partition', 'From', 'To', ...columns], [...rows, ['all', '', '', '', ...columns.map(sum)]]),
    ...showCommands(commands),
    '',
    ...notes.filter(line => line !== ''),
    ...(findings.length === 0 ? [] : ['', ...findings.flatMap(showFinding)]),
    ...Object.entries(counts).flatMap(([kind, count]) => restOf(kind, count, findings)),
    '',
    findings.length === 0
      ? `Nothing is wrong (${seconds} s).`
      : `${Object.entries(counts)
          .map(([kind, count]) => `${count} ${kind}`)
          .join(', ')} (${seconds} s).`
  ].join('\n')
}

function showCommands(commands: readonly CommandCoverage[]): string[] {
  if (commands.length === 0) return []
  const rows = commands.map(row => [
    row.trigger,
    `${row.topic}/${row.partition}`,
    String(row.from),
    String(row.to),
    ...commandColumns.map(name => String(row[name]))
  ])
  return ['', ...table(['Trigger', 'Partition', 'From', 'To', ...commandColumns], rows)]
}

function note(count: number, text: string): string {
  return count === 0 ? '' : `${count} ${text}.`
}

function showFinding(finding: Finding): string[] {
  const { kind, detail, topic, partition, offset, id, student, sequence, readAgain } = finding
  const where = [
    finding.function,
    topic && `${topic}${partition === undefined ? '' : `/${partition}/${offset}`}`,
    id && `event ${id}`,
    student && `student ${student}`,
    sequence !== undefined && `sequence ${sequence}`
  ]
  const shown = [
    `${kind}  ${where.filter(Boolean).join(', ')}`,
    `  ${detail}`,
    ...(readAgain ? [`  ${readAgain}`] : [])
  ]
  return shown.map(shortLine)
}

function restOf(kind: string, count: number, findings: readonly Finding[]): string[] {
  const listed = findings.filter(finding => finding.kind === kind).length
  return count > listed ? [`… and ${count - listed} more of ${kind}: at most ${maxListed} of a check are listed`] : []
}
