// Consumer groups: a line each.
import { Await, Empty, Page } from '../ui/page.tsx'
import { readyTone, State } from '../ui/state.tsx'
import { Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { useRead } from '../use-read.ts'

export function Groups() {
  const shown = useRead('groups', {})
  return (
    <Page title="Consumer groups">
      <Await shown={shown} what="Asking Kafka for its groups">
        {({ groups, at }) =>
          groups.length === 0 ? (
            <Empty title="No KafkaSource and no Trigger is declared.">
              A KafkaSource in knative/ makes a function follow a topic; its group is shown here as soon as the file is
              saved.
            </Empty>
          ) : (
            <>
              <Table
                caption="Consumer groups"
                rows={groups}
                keyOf={({ name }) => name}
                columns={[
                  { name: 'Group', cell: ({ name }) => <a href={`/groups/${encodeURIComponent(name)}`}>{name}</a> },
                  { name: 'Function', cell: group => group.function },
                  {
                    name: 'State',
                    cell: ({ state, ready, reason }) => (
                      <State tone={readyTone(ready)} title={reason}>
                        {state}
                      </State>
                    )
                  },
                  { name: 'Lag', isNumber: true, cell: ({ lag }) => lag },
                  { name: 'Events/s', isNumber: true, cell: ({ rate }) => rate },
                  { name: 'Members', isNumber: true, cell: ({ members }) => members },
                  { name: 'Topics', cell: ({ topics }) => topics.join(', ') },
                  { name: 'Of', cell: ({ kind, owner }) => `${kind} ${owner}` }
                ]}
              />
              <p class="hint">
                As of <Time at={at} />
              </p>
            </>
          )
        }
      </Await>
    </Page>
  )
}
