// Letters by function and reason: a line each, which opens the letters of it.
import type { ReadOutput } from '../api.ts'
import { addressOf } from '../use-query.ts'
import { LetterState } from './letter-state.tsx'
import { Table } from './table.tsx'
import { Ago } from './time.tsx'

type Group = ReadOutput<'letterGroups'>['groups'][number]

export function LetterGroups({ groups }: { readonly groups: readonly Group[] }) {
  return (
    <Table
      caption="Letters by function and reason"
      rows={groups}
      keyOf={group => `${group.function} ${group.reason} ${group.class} ${group.state}`}
      columns={[
        { name: 'Letters', isNumber: true, cell: ({ count }) => count },
        { name: 'Function', cell: group => group.function },
        {
          name: 'Reason',
          cell: ({ function: name, reason, state }) => (
            <a href={addressOf('/letters', { function: name, reason, state })}>{reason}</a>
          )
        },
        { name: 'State', cell: ({ state }) => <LetterState state={state} /> },
        { name: 'Class', cell: group => group.class },
        { name: 'First failed', cell: ({ firstFailedAt }) => <Ago at={firstFailedAt} /> },
        { name: 'Last failed', cell: ({ lastFailedAt }) => <Ago at={lastFailedAt} /> },
        {
          name: 'Do',
          cell: ({ function: name, reason, state }) =>
            state === 'open' && <a href={addressOf('/letters/replay', { function: name, reason })}>Replay …</a>
        }
      ]}
    />
  )
}
