// Replays, newest first.
import { Await, Empty, Page } from '../ui/page.tsx'
import { LetterState } from '../ui/letter-state.tsx'
import { ReplayProgress } from '../ui/replay-progress.tsx'
import { Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { useRead } from '../use-read.ts'

export function Replays() {
  return (
    <Page title="Replays" actions={<a href="/letters">Dead letters</a>}>
      <Await shown={useRead('replayJobs', {}, 1_000)} what="Asking deadLetterReplay for its jobs">
        {({ jobs }) =>
          jobs.length === 0 ? (
            <Empty title="Nothing has been replayed yet.">
              Choose letters on <a href="/letters">Dead letters</a> and replay them; the job and what it did with each
              letter is kept here.
            </Empty>
          ) : (
            <Table
              caption="Replays"
              rows={jobs}
              keyOf={({ id }) => id}
              columns={[
                { name: 'Replay', cell: ({ id, name }) => <a href={`/letters/jobs/${id}`}>{name}</a> },
                { name: 'State', cell: ({ state }) => <LetterState state={state} /> },
                { name: 'Progress', cell: ({ progress }) => <ReplayProgress progress={progress} /> },
                { name: 'Started', cell: ({ createdAt }) => <Time at={createdAt} /> },
                { name: 'In words', cell: ({ detail }) => <span class="prose">{detail}</span> }
              ]}
            />
          )
        }
      </Await>
    </Page>
  )
}
