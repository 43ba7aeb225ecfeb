// The audit's report: findings first, then what was compared.
import type { ReadOutput } from '../api.ts'
import { EventLink } from './event-link.tsx'
import { Facts } from './facts.tsx'
import { Copy, Id } from './id.tsx'
import { Table } from './table.tsx'

type Report = NonNullable<NonNullable<ReadOutput<'audit'>['run']>['report']>

const columns = ['applied', 'letters', 'held', 'discarded', 'pending', 'lost', 'duplicates'] as const
const commandColumns = ['answered', 'letters', 'discarded', 'resolved', 'pending', 'lost'] as const

export function AuditReport({ report }: { readonly report: Report }) {
  const { findings, counts, coverage, commands, accounts } = report
  return (
    <>
      {findings.length > 0 && (
        <>
          <p>
            {Object.entries(counts)
              .map(([kind, count]) => `${count} ${kind}`)
              .join(', ')}
          </p>
          <Findings findings={findings} />
        </>
      )}
      <h2>Events by what became of them</h2>
      <Table
        caption="Events by function and partition"
        rows={coverage}
        keyOf={row => `${row.function} ${row.topic}/${row.partition}`}
        columns={[
          { name: 'Function', cell: row => row.function },
          { name: 'Partition', cell: ({ topic, partition }) => `${topic}/${partition}` },
          { name: 'From', isNumber: true, cell: ({ from }) => from },
          { name: 'To', isNumber: true, cell: ({ to }) => to },
          ...columns.map(name => ({ name, isNumber: true, cell: (row: Report['coverage'][number]) => row[name] }))
        ]}
      />
      {commands.length > 0 && (
        <>
          <h2>Commands through the Broker</h2>
          <Table
            caption="Commands by Trigger and partition"
            rows={commands}
            keyOf={row => `${row.trigger} ${row.topic}/${row.partition}`}
            columns={[
              { name: 'Trigger', cell: ({ trigger }) => trigger },
              { name: 'Partition', cell: ({ topic, partition }) => `${topic}/${partition}` },
              { name: 'From', isNumber: true, cell: ({ from }) => from },
              { name: 'To', isNumber: true, cell: ({ to }) => to },
              ...commandColumns.map(name => ({
                name,
                isNumber: true,
                cell: (row: Report['commands'][number]) => row[name]
              }))
            ]}
          />
        </>
      )}
      <h2>What was compared</h2>
      <Facts
        facts={[
          ['Outbox rows', `${accounts.outboxRows}, ${accounts.outboxRowsOnTheirWay} on their way to Kafka`],
          ['Older rows', `${accounts.outboxRowsOlderThanTheLog} older than Kafka’s log: not compared`],
          ['Records', accounts.records],
          ['Without a row', `${accounts.recordsWhoseRowWasPruned} records whose row was removed after its time`]
        ]}
      />
    </>
  )
}

function Findings({ findings }: { readonly findings: Report['findings'] }) {
  return (
    <Table
      caption="Findings"
      rows={findings.map((finding, index) => ({ ...finding, index }))}
      keyOf={({ index }) => String(index)}
      columns={[
        { name: 'Kind', cell: ({ kind }) => <strong>{kind}</strong> },
        { name: 'In words', cell: ({ detail }) => <span class="prose">{detail}</span> },
        { name: 'Function', cell: finding => finding.function ?? '–' },
        { name: 'Event', cell: finding => <FoundEvent finding={finding} /> },
        {
          name: 'Student',
          cell: ({ student }) =>
            student === undefined ? '–' : <Id value={student} href={`/students/${encodeURIComponent(student)}`} short />
        },
        {
          name: 'Again',
          cell: ({ readAgain }) =>
            readAgain && <Copy text={readAgain} what="the command that shows it" label="Copy command" />
        }
      ]}
    />
  )
}

function FoundEvent({
  finding: { topic, partition, offset, id, source }
}: {
  readonly finding: Report['findings'][number]
}) {
  if (offset === undefined && id === undefined) return <>–</>
  return <EventLink {...{ topic, partition, offset, id, source }} />
}
