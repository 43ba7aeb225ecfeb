// What a replay would do, from its dry run: in words, and letter by letter.
import type { ReadOutput } from '../api.ts'
import { type ReplayOptions, replayWords } from '../words/letters.ts'
import { Id } from './id.tsx'
import { Table } from './table.tsx'

type Preview = ReadOutput<'replayPreview'>

export function ReplayWords({
  preview: { count, warnings },
  chosen
}: {
  readonly preview: Preview
  readonly chosen: ReplayOptions
}) {
  return (
    <div class="words">
      <h2>What will happen</h2>
      <ul>
        {replayWords(count, chosen).map(sentence => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      {warnings.length > 0 && (
        <ul class="warnings">
          {warnings.map(warning => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
    </div>
  )
}

export function ReplayOrder({ preview: { count, wouldReplay } }: { readonly preview: Preview }) {
  if (wouldReplay.length === 0) return null
  return (
    <>
      <h2>In this order</h2>
      <Table
        caption="Letters that would be sent"
        rows={wouldReplay}
        keyOf={({ id }) => id}
        columns={[
          { name: 'Letter', cell: ({ id }) => <Id value={id} href={`/letters/${id}`} short /> },
          { name: 'Function', cell: letter => letter.function },
          { name: 'Reason', cell: letter => letter.reason },
          {
            name: 'Student',
            cell: ({ student }) =>
              student && <Id value={student} href={`/students/${encodeURIComponent(student)}`} short />
          },
          { name: 'Sequence', isNumber: true, cell: ({ sequence }) => sequence ?? '–' },
          { name: 'Replays', isNumber: true, cell: ({ replays }) => replays }
        ]}
      />
      {count > wouldReplay.length && (
        <p class="hint">The first {wouldReplay.length} are shown; all of them are sent.</p>
      )}
    </>
  )
}
