// The parts: health, what they use, what can be done with them, and what they say.
import type { ReadOutput } from '../api.ts'
import { LogView } from '../ui/log-view.tsx'
import { Await, Page } from '../ui/page.tsx'
import { PartActions } from '../ui/part-actions.tsx'
import { Sparkline } from '../ui/sparkline.tsx'
import { State } from '../ui/state.tsx'
import { type Column, Table } from '../ui/table.tsx'
import { useRead } from '../use-read.ts'

type Part = ReadOutput<'parts'>['parts'][number]

export function Parts() {
  const shown = useRead('parts', {}, 1_000)
  const { data: used } = useRead('usage', {})
  const usageOf = (name: string) => used?.parts.find(one => one.name === name)
  const name: Column<Part> = { name: 'Part', cell: part => <strong>{part.name}</strong> }
  const health: Column<Part> = { name: 'Health', cell: part => <Health part={part} /> }
  const words: Column<Part> = { name: 'In words', cell: ({ detail }) => <span class="prose">{detail}</span> }
  return (
    <Page title="Parts">
      <Await shown={shown} what="Asking every part how it is">
        {({ parts, problems, actions }) => {
          const isHere = actions.length > 0
          const ofThisMachine: Column<Part>[] = [
            { ...name, cell: part => <a href={`/parts/${encodeURIComponent(part.name)}`}>{part.name}</a> },
            health,
            {
              name: 'Processor',
              isNumber: true,
              cell: part => <Sparkline values={usageOf(part.name)?.cpu ?? []} unit="%" />
            },
            {
              name: 'Memory',
              isNumber: true,
              cell: part => <Sparkline values={usageOf(part.name)?.memoryMb ?? []} unit="MB" />
            },
            { name: 'Do', cell: part => <PartActions part={part.name} actions={actions} done={shown.refresh} /> },
            words
          ]
          return (
            <>
              {problems.map(problem => (
                <p class="notice bad" key={problem}>
                  {problem}
                </p>
              ))}
              <Table
                caption="Parts"
                rows={parts}
                keyOf={part => part.name}
                columns={isHere ? ofThisMachine : [name, { name: 'Kind', cell: ({ kind }) => kind }, health, words]}
              />
              {isHere ? (
                <>
                  <h2>Logs of all parts</h2>
                  <LogView />
                </>
              ) : (
                <p class="hint">
                  Parts of a cluster are stopped and started with kubectl, and their logs are where its pods write them.
                </p>
              )}
            </>
          )
        }}
      </Await>
    </Page>
  )
}

function Health({ part }: { readonly part: Part }) {
  return <State tone={part.healthy ? 'good' : 'bad'}>{part.healthy ? 'healthy' : 'unhealthy'}</State>
}
