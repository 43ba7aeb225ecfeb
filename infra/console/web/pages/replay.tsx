// One replay: how far it is, and what it did with each letter.
import { useRoute } from 'preact-iso'
import { act } from '../api.ts'
import { Id } from '../ui/id.tsx'
import { LetterState } from '../ui/letter-state.tsx'
import { Await, Page } from '../ui/page.tsx'
import { ReplayProgress } from '../ui/replay-progress.tsx'
import { Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { useAction } from '../use-action.ts'
import { useRead } from '../use-read.ts'
import { answerWords } from '../words/letters.ts'

const lookMs = 500

export function Replay() {
  const id = useRoute().params.id ?? ''
  const shown = useRead('replayJob', { id }, lookMs)
  const aborting = useAction()
  const abort = () =>
    aborting.run(async () => {
      await act('abortReplay', { id })
      shown.refresh()
    })
  return (
    <Page
      title={shown.data === undefined ? 'Replay' : `Replay: ${shown.data.name}`}
      actions={<a href="/letters/jobs">Replays</a>}
    >
      <Await shown={shown} what="Asking deadLetterReplay for the job">
        {({ state, detail, progress, createdAt, results }) => (
          <>
            <p role="status">
              <LetterState state={state} /> {meaning[state]} {detail}
            </p>
            <p>
              <ReplayProgress progress={progress} />
            </p>
            <p class="hint">
              Started <Time at={createdAt} />, id <Id value={id} />
            </p>
            {state === 'running' && (
              <p>
                <button type="button" class="button danger" disabled={aborting.isBusy} onClick={abort}>
                  Abort
                </button>{' '}
                <span class="hint">
                  What is under way finishes; the {progress.waiting} that wait are not sent and stay open.
                </span>
              </p>
            )}
            {aborting.error && (
              <p class="notice bad" role="alert">
                {aborting.error.message}
              </p>
            )}
            <Table
              caption="Letters of this replay"
              rows={results}
              keyOf={({ letter }) => letter}
              columns={[
                { name: 'Letter', cell: ({ letter }) => <Id value={letter} href={`/letters/${letter}`} short /> },
                { name: 'Result', cell: ({ result }) => <LetterState state={result} /> },
                { name: 'Function', cell: one => one.function },
                {
                  name: 'Student',
                  cell: ({ student }) =>
                    student && <Id value={student} href={`/students/${encodeURIComponent(student)}`} short />
                },
                { name: 'Sequence', isNumber: true, cell: ({ sequence }) => sequence ?? '–' },
                { name: 'Tries', isNumber: true, cell: ({ tries }) => tries },
                { name: 'Status', isNumber: true, cell: ({ status }) => status ?? '–' },
                { name: 'In words', cell: one => <span class="prose">{answerWords(one.detail)}</span> }
              ]}
            />
          </>
        )}
      </Await>
    </Page>
  )
}

const meaning = {
  running: 'It continues without this page.',
  done: 'Every letter was tried.',
  stopped: 'It ended early; what was not sent is open again.',
  aborted: 'It was aborted; what was not sent is open again.'
} as const
