// One consumer group: the columns of Kafka's own tool, and its lag over time with a mark for each rebalance.
import { useRoute } from 'preact-iso'
import { LagPlot } from '../ui/lag-plot.tsx'
import { Id } from '../ui/id.tsx'
import { Await, Empty, Page } from '../ui/page.tsx'
import { readyTone, State } from '../ui/state.tsx'
import { Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { useRead } from '../use-read.ts'

export function GroupPage() {
  const name = useRoute().params.name ?? ''
  const shown = useRead('group', { name })
  return (
    <Page title={name} actions={<a href="/groups">All groups</a>}>
      <Await shown={shown} what="Asking Kafka for the group">
        {({ kind, owner, state, ready, reason, lag, rate, rows, history, function: functionName }) => (
          <>
            <p>
              <State tone={readyTone(ready)}>{state}</State> {kind} {owner}, read by {functionName}; lag {lag}, {rate}{' '}
              events a second.
              {reason !== '' && <span class="prose"> {reason}</span>}
            </p>
            <LagPlot history={history} />
            <Table
              caption="Partitions"
              rows={rows}
              keyOf={({ topic, partition }) => `${topic}/${partition}`}
              columns={[
                { name: 'Topic', cell: ({ topic }) => topic },
                { name: 'Partition', isNumber: true, cell: ({ partition }) => partition },
                { name: 'Current offset', isNumber: true, cell: ({ currentOffset }) => currentOffset ?? '–' },
                { name: 'Log end offset', isNumber: true, cell: ({ logEndOffset }) => logEndOffset },
                { name: 'Lag', isNumber: true, cell: row => row.lag },
                {
                  name: 'Consumer id',
                  cell: ({ consumerId }) => (consumerId === null ? 'nobody' : <Id value={consumerId} short />)
                },
                { name: 'Host', cell: ({ host }) => host ?? '–' },
                { name: 'Client id', cell: ({ clientId }) => clientId ?? '–' }
              ]}
            />
            <h2>Rebalances</h2>
            {history.rebalances.length === 0 ? (
              <Empty title="None since the console began to look.">
                Kill a broker or the data plane on <a href="/parts">Parts</a> to see one.
              </Empty>
            ) : (
              <ul class="lines">
                {history.rebalances.toReversed().map(({ at, what }) => (
                  <li key={at}>
                    <Time at={at} /> {what}
                  </li>
                ))}
              </ul>
            )}
          </>
        )}
      </Await>
    </Page>
  )
}
