// One dead letter: why it failed, what it holds, and what can be done with it.
import { useRoute } from 'preact-iso'
import type { ReadOutput } from '../api.ts'
import { EventLink, eventHref } from '../ui/event-link.tsx'
import { Facts } from '../ui/facts.tsx'
import { Id } from '../ui/id.tsx'
import { Diff, Json } from '../ui/json.tsx'
import { DiscardLetter } from '../ui/discard-letter.tsx'
import { EditLetter } from '../ui/edit-letter.tsx'
import { LetterState } from '../ui/letter-state.tsx'
import { shortType } from '../ui/letter-table.tsx'
import { LetterTrace } from '../ui/letter-trace.tsx'
import { Await, Page } from '../ui/page.tsx'
import { Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { useQuery } from '../use-query.ts'
import { useRead } from '../use-read.ts'
import { answerWords, stateWords } from '../words/letters.ts'

type Letter = ReadOutput<'letter'>

export function LetterPage() {
  const id = useRoute().params.id ?? ''
  const [query, change] = useQuery()
  const shown = useRead('letter', { id })
  const { data } = shown
  const close = () => {
    change({ do: undefined })
    shown.refresh()
  }
  return (
    <Page
      title={data === undefined ? 'Dead letter' : `${shortType(data.event.type)} in ${data.function}: ${data.reason}`}
      actions={
        data?.state === 'open' ? (
          <>
            <a class="button" href={`/letters/replay?ids=${id}`}>
              Replay …
            </a>
            <a class="button" href={`/letters/${id}?do=edit`}>
              Edit …
            </a>
            <a class="button" href={`/letters/${id}?do=discard`}>
              Discard …
            </a>
          </>
        ) : (
          <a href="/letters">Dead letters</a>
        )
      }
    >
      <Await shown={shown} what="Reading the letter">
        {letter => (
          <>
            <p role="status">
              <LetterState state={letter.state} /> {letter.detail}. {stateWords(letter)}
            </p>
            {letter.origin === 'unverified' && (
              <p class="notice bad">Of unknown origin: no function here is known to have published this event.</p>
            )}
            {query.do === 'edit' && letter.state === 'open' && <EditLetter letter={letter} onClose={close} />}
            {query.do === 'discard' && letter.state === 'open' && <DiscardLetter letter={letter} onClose={close} />}
            <LetterFacts letter={letter} />
            <Data letter={letter} />
            <Failure letter={letter} />
            <LetterTrace traceId={letter.traceId} />
            <Held letter={letter} />
            <History letter={letter} />
          </>
        )}
      </Await>
    </Page>
  )
}

function LetterFacts({ letter }: { readonly letter: Letter }) {
  const { event, topic, partition, offset, status, closedAt } = letter
  const isPlaced = topic !== 'unknown' && offset !== 'unknown'
  return (
    <Facts
      facts={[
        ['Letter', <Id value={letter.id} />],
        ['Event', <Id value={event.id ?? ''} href={eventHref({ id: event.id, source: event.source })} />],
        [
          'Student',
          event.subject && <Id value={event.subject} href={`/students/${encodeURIComponent(event.subject)}`} />
        ],
        ['Type', event.type],
        ['Sequence', event.sequence && String(Number(event.sequence))],
        [
          'Record',
          isPlaced ? (
            <EventLink topic={String(topic)} partition={partition} offset={offset} />
          ) : (
            'unknown: only Knative saw it fail'
          )
        ],
        ['Class', letter.class],
        ['Last status', status === null ? 'no answer' : status],
        ['Attempts', letter.attempts],
        ['Replays', letter.replays],
        ['First failed', <Time at={letter.firstFailedAt} isWhole />],
        ['Last failed', <Time at={letter.lastFailedAt} isWhole />],
        ['Closed', closedAt === null ? undefined : <Time at={closedAt} isWhole />]
      ]}
    />
  )
}

function Data({ letter: { data, edit } }: { readonly letter: Letter }) {
  if (edit === null) {
    return (
      <>
        <h2>Data</h2>
        <Json data={data} what="Decoded data" />
      </>
    )
  }
  return (
    <>
      <h2>Data, and its edit</h2>
      <p>
        Edited by {edit.by ?? 'somebody'} <Time at={edit.at} />: {edit.reason}. A replay sends the edit.
      </p>
      <Diff before={data} after={edit.data} />
    </>
  )
}

function Failure({ letter: { errors, stack } }: { readonly letter: Letter }) {
  if (errors.length === 0 && stack.length === 0) return null
  return (
    <>
      <h2>Last failures</h2>
      <Table
        caption="Last failures"
        rows={errors}
        keyOf={({ at, error }) => `${at} ${error}`}
        columns={[
          { name: 'Failed', cell: ({ at }) => <Time at={at} /> },
          { name: 'Error', cell: ({ error }) => <span class="prose">{error}</span> }
        ]}
      />
      {stack.length > 0 && (
        <pre class="command" tabIndex={0} aria-label="Where it was thrown">
          {stack.join('\n')}
        </pre>
      )}
    </>
  )
}

function Held({ letter: { heldEvents, function: name } }: { readonly letter: Letter }) {
  if (heldEvents.length === 0) return null
  return (
    <>
      <h2>Held behind it in {name}</h2>
      <Table
        caption="Held events"
        rows={heldEvents}
        keyOf={({ sequence }) => String(sequence)}
        columns={[
          { name: 'Sequence', isNumber: true, cell: ({ sequence }) => sequence },
          { name: 'Event', cell: ({ event }) => shortType(event.type) },
          {
            name: 'Id',
            cell: ({ event: { id = '', source } }) => <Id value={id} href={eventHref({ id, source })} />
          },
          { name: 'Since', cell: ({ heldAt }) => <Time at={heldAt} /> }
        ]}
      />
    </>
  )
}

function History({ letter: { history } }: { readonly letter: Letter }) {
  if (history.length === 0) return null
  return (
    <>
      <h2>Replays</h2>
      <Table
        caption="Replays of this letter"
        rows={history}
        keyOf={({ replay }) => replay}
        columns={[
          { name: 'Replay', cell: ({ replay, name }) => <a href={`/letters/jobs/${replay}`}>{name}</a> },
          { name: 'Result', cell: ({ result }) => <LetterState state={result} /> },
          { name: 'Tries', isNumber: true, cell: ({ tries }) => tries },
          { name: 'In words', cell: ({ detail }) => <span class="prose">{answerWords(detail)}</span> }
        ]}
      />
    </>
  )
}
