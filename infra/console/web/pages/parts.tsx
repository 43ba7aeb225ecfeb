// The parts: health, and what can be done with them.
import { useState } from 'preact/hooks'
import { act, type ReadOutput } from '../api.ts'
import { Await, Page } from '../ui/page.tsx'
import { State } from '../ui/state.tsx'
import { Table } from '../ui/table.tsx'
import { useRead } from '../use-read.ts'

type Part = ReadOutput<'parts'>['parts'][number]

export function Parts() {
  const shown = useRead('parts', {}, 1_000)
  return (
    <Page title="Parts">
      <Await shown={shown} what="Asking every part how it is">
        {({ parts, problems, actions }) => (
          <>
            {problems.map(problem => (
              <p class="notice bad" key={problem}>
                {problem}
              </p>
            ))}
            <Table
              caption="Parts"
              rows={parts}
              keyOf={({ name }) => name}
              columns={[
                { name: 'Part', cell: ({ name }) => <strong>{name}</strong> },
                { name: 'Kind', cell: ({ kind }) => kind },
                { name: 'Health', cell: part => <Health part={part} /> },
                ...(actions.length === 0
                  ? []
                  : [
                      { name: 'Pid', isNumber: true, cell: ({ pid }: Part) => pid ?? '–' },
                      {
                        name: 'Do',
                        cell: (part: Part) => <Actions part={part} actions={actions} done={shown.refresh} />
                      }
                    ]),
                { name: 'In words', cell: ({ detail }) => <span class="prose">{detail}</span> }
              ]}
            />
            {actions.length === 0 && <p class="hint">Parts of a cluster are stopped and started with kubectl.</p>}
          </>
        )}
      </Await>
    </Page>
  )
}

function Health({ part }: { readonly part: Part }) {
  return <State tone={part.healthy ? 'good' : 'bad'}>{part.healthy ? 'healthy' : 'unhealthy'}</State>
}

function Actions({
  part,
  actions,
  done
}: {
  readonly part: Part
  readonly actions: readonly string[]
  readonly done: () => void
}) {
  const [said, setSaid] = useState('')
  const run = async (action: string) => {
    setSaid(`${action} …`)
    try {
      await act('part', { name: part.name, action: action as never })
      setSaid('')
    } catch (error) {
      setSaid((error as Error).message)
    }
    done()
  }
  return (
    <span class="actions">
      {actions.map(action => (
        <button
          type="button"
          class="button"
          key={action}
          aria-label={`${action} ${part.name}`}
          onClick={() => void run(action)}
        >
          {action}
        </button>
      ))}
      <span role="status">{said}</span>
    </span>
  )
}
