// Letters, a line each.
import type { ReadOutput } from '../api.ts'
import { Id } from './id.tsx'
import { LetterState } from './letter-state.tsx'
import { Table } from './table.tsx'
import { Time } from './time.tsx'

type Letter = ReadOutput<'letters'>['deadLetters'][number]

export function LetterTable({ letters }: { readonly letters: readonly Letter[] }) {
  return (
    <Table
      caption="Letters"
      rows={letters}
      keyOf={({ id }) => id}
      columns={[
        { name: 'Letter', cell: ({ id }) => <Id value={id} href={`/letters/${id}`} short /> },
        { name: 'State', cell: ({ state }) => <LetterState state={state} /> },
        { name: 'Function', cell: letter => letter.function },
        { name: 'Reason', cell: ({ reason }) => reason },
        { name: 'In words', cell: ({ detail }) => <span class="prose">{detail}</span> },
        { name: 'Event', cell: ({ event }) => shortType(event.type) },
        {
          name: 'Student',
          cell: ({ event: { subject } }) =>
            subject === undefined ? '–' : <Id value={subject} href={`/students/${encodeURIComponent(subject)}`} short />
        },
        { name: 'Holds back', isNumber: true, cell: ({ held }) => held },
        { name: 'Replays', isNumber: true, cell: ({ replays }) => replays },
        { name: 'Last failed', cell: ({ lastFailedAt }) => <Time at={lastFailedAt} /> }
      ]}
    />
  )
}

/** school.student.v1.StudentCreated: StudentCreated */
export const shortType = (type = '') => type.split('.').at(-1) ?? type
