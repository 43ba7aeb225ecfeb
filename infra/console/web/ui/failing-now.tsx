// Events that fail and are tried again; nothing where none does.
import { useRead } from '../use-read.ts'
import { EventLink } from './event-link.tsx'
import { shortType } from './letter-table.tsx'
import { Table } from './table.tsx'
import { Ago } from './time.tsx'

export function FailingNow() {
  const { data } = useRead('failing', {})
  if (data === undefined || data.failing.length === 0) return null
  return (
    <>
      <h2>Failing now, and tried again</h2>
      <Table
        caption="Events that fail now"
        rows={data.failing}
        keyOf={event => `${event.function} ${event.source} ${event.eventId}`}
        columns={[
          { name: 'Function', cell: event => event.function },
          {
            name: 'Event',
            cell: ({ eventId, source, type }) => (
              <EventLink id={eventId} source={source}>
                {shortType(type)}
              </EventLink>
            )
          },
          {
            name: 'Student',
            cell: ({ student }) => student && <a href={`/students/${encodeURIComponent(student)}`}>{student}</a>
          },
          { name: 'Attempts', isNumber: true, cell: ({ attempts }) => attempts },
          { name: 'Last failed', cell: ({ lastFailedAt }) => <Ago at={lastFailedAt} /> },
          {
            name: 'Error',
            cell: ({ errors, stack }) => (
              <span class="prose">
                {errors.at(-1)?.error} <code>{stack[0]}</code>
              </span>
            )
          }
        ]}
      />
    </>
  )
}
