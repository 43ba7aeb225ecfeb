// The newest traces, or those of an event or a student.
import { useLocation } from 'preact-iso'
import { Await, Empty, Page } from '../ui/page.tsx'
import { State } from '../ui/state.tsx'
import { Table } from '../ui/table.tsx'
import { duration, Time } from '../ui/time.tsx'
import { useRead } from '../use-read.ts'

export function Traces() {
  const { query, route } = useLocation()
  const of = query.of ?? ''
  const shown = useRead('findTraces', { of })
  const search = (event: Event) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget as HTMLFormElement).get('of')
    route(given ? `/traces?of=${encodeURIComponent(String(given))}` : '/traces', true)
  }
  return (
    <Page title="Traces">
      <form class="filters" onSubmit={search} key={of}>
        <label>
          Of an event or a student
          <input name="of" type="search" defaultValue={of} placeholder="an id" />
        </label>
        <button type="submit" class="button">
          Find
        </button>
      </form>
      <Await shown={shown} what="Reading the traces">
        {({ traces, note }) =>
          traces.length === 0 ? (
            <Empty title={of === '' ? 'No trace yet.' : `No trace of ${of}.`}>
              {note ||
                'Each request to a function begins one. The local stack keeps the newest; an old one may be gone.'}
            </Empty>
          ) : (
            <Table
              caption="Traces"
              rows={traces}
              keyOf={({ traceId }) => traceId}
              columns={[
                { name: 'Began', cell: ({ startMs }) => <Time at={startMs} /> },
                {
                  name: 'What',
                  cell: ({ traceId, service, name }) => (
                    <a href={`/traces/${traceId}`}>
                      {service} {name}
                    </a>
                  )
                },
                { name: 'Took', isNumber: true, cell: ({ durationMs }) => duration(durationMs) },
                { name: 'Spans', isNumber: true, cell: ({ spans }) => spans },
                {
                  name: 'Failed',
                  cell: ({ failed }) => (failed > 0 ? <State tone="bad">{`${failed} failed`}</State> : '–')
                }
              ]}
            />
          )
        }
      </Await>
    </Page>
  )
}
