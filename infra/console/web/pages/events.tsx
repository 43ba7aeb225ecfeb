// Events over all topics as they come. The filter is the address.
import { useLocation } from 'preact-iso'
import { useEffect, useRef, useState } from 'preact/hooks'
import { eventHref } from '../ui/event-link.tsx'
import { EventFilters } from '../ui/event-filters.tsx'
import { OutcomeState } from '../ui/outcome.tsx'
import { Command, Empty, Page, Waiting } from '../ui/page.tsx'
import { Time } from '../ui/time.tsx'
import { VirtualList } from '../ui/virtual-list.tsx'
import { useMedia } from '../use-media.ts'
import { type Outcomes, useOutcomes } from '../use-outcomes.ts'
import { type EventFilter, type EventRow, useTail } from '../use-tail.ts'

const placeOf = ({ topic, partition, offset }: EventRow) => `${topic}/${partition}/${offset}`

export function Events() {
  const { query, route, path } = useLocation()
  const filter = query as EventFilter
  const [isPaused, setIsPaused] = useState(false)
  const [isAtTop, setIsAtTop] = useState(true)
  const [inView, setInView] = useState<readonly EventRow[]>([])
  const tail = useTail(filter, isPaused)
  const { shown, waiting, showNewest } = useHeld(tail.rows, isAtTop && !isPaused)
  const outcomesOf = useOutcomes(inView.map(placeOf))
  const isNarrow = useMedia('(max-width: 800px)')
  const change = (changed: EventFilter) => {
    const given = Object.entries(changed).filter(([, value]) => value !== undefined && value !== '')
    const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
    route(search === '' ? path : `${path}?${search}`, true)
  }

  return (
    <Page
      title="Events"
      actions={
        <button type="button" class="button" aria-pressed={isPaused} onClick={() => setIsPaused(!isPaused)}>
          {isPaused ? 'Continue' : 'Pause'}
        </button>
      }
    >
      <EventFilters filter={filter} change={change} rows={tail.rows ?? []} />
      {tail.error && (
        <p class="notice bad" role="alert">
          {tail.error.message}
        </p>
      )}
      {shown === undefined ? (
        !tail.error && <Waiting what="Reading the newest records from Kafka" />
      ) : shown.length === 0 ? (
        <NoEvents isFiltered={Object.keys(query).length > 0} lookedThrough={tail.lookedThrough} />
      ) : (
        <>
          <p class="hint" role="status">
            {isPaused ? 'Paused. ' : ''}
            {shown.length} events{tail.more > 0 ? `, and ${tail.more} older ones` : ''}, the newest first, among{' '}
            {tail.lookedThrough} records
            {tail.oldest === null ? (
              ''
            ) : (
              <>
                {' '}
                since <Time at={tail.oldest} />
              </>
            )}
            .
          </p>
          {waiting > 0 && (
            <button type="button" class="button primary newest" onClick={showNewest}>
              {waiting} new events: show
            </button>
          )}
          <VirtualList
            key={JSON.stringify(query)}
            label="Events, the newest first"
            items={shown}
            rowHeight={isNarrow ? 68 : 36}
            keyOf={row => (row === undefined ? '' : placeOf(row))}
            seen={setInView}
            atTop={setIsAtTop}
          >
            {row => <Row row={row} outcomes={outcomesOf(placeOf(row))} />}
          </VirtualList>
        </>
      )}
    </Page>
  )
}

function Row({ row, outcomes }: { readonly row: EventRow; readonly outcomes: Outcomes | undefined }) {
  const { type, subject, topic, partition, offset, preview, isEvent } = row
  return (
    <a class="event-row" href={eventHref(row)}>
      <Time at={row.atMs} />
      <strong title={type}>{isEvent ? type.split('.').at(-1) : 'record'}</strong>
      <span class="outcomes">{outcomes && <Grouped outcomes={outcomes} />}</span>
      <span class="place">
        {topic}/{partition}@{offset}
      </span>
      <span class="preview">
        {subject === '' ? '' : `${subject} `}
        <span>{preview}</span>
      </span>
    </a>
  )
}

/** What most functions made of it, and which: in one line. */
function Grouped({ outcomes }: { readonly outcomes: Outcomes }) {
  const groups = [...Map.groupBy(outcomes, ({ outcome }) => outcome)]
  return (
    <>
      {groups.map(([outcome, all]) => (
        <span key={outcome}>
          <OutcomeState
            outcome={outcome}
            reason={all
              .map(({ reason }) => reason)
              .join(' ')
              .trim()}
          />{' '}
          {all.map(({ function: name }) => name).join(', ')}
        </span>
      ))}
    </>
  )
}

function NoEvents({ isFiltered, lookedThrough }: { readonly isFiltered: boolean; readonly lookedThrough: number }) {
  if (isFiltered && lookedThrough > 0) {
    return (
      <Empty title="No event matches.">
        {lookedThrough} records were looked through. Widen the filter, or give a time from which on older records are
        read. <a href="/events">All events</a>
      </Empty>
    )
  }
  return (
    <Empty title="No event yet.">
      <p>
        Create a student, and its event is here a moment later: on <a href="/send">Send</a>, or by the line that npm run
        dev prints under “Try it”.
      </p>
      <Command line={`npm run local -- status`} />
    </Empty>
  )
}

/** The list as it was while somebody reads further down: what comes is counted, and shown when it is asked for. */
function useHeld(rows: readonly EventRow[] | undefined, isLive: boolean) {
  const held = useRef(rows)
  const [, redraw] = useState(0)
  const before = held.current
  const isOther = rows === undefined || before === undefined || before.length === 0
  if (isLive || isOther) held.current = rows
  useEffect(() => {
    if (isLive) held.current = rows
  }, [isLive])
  const shown = held.current
  const [first] = shown ?? []
  const waiting =
    first === undefined || shown === rows
      ? 0
      : Math.max(
          0,
          (rows ?? []).findIndex(row => placeOf(row) === placeOf(first))
        )
  const showNewest = () => {
    held.current = rows
    document.querySelector('.virtual')?.scrollTo({ top: 0 })
    redraw(count => count + 1)
  }
  return { shown, waiting, showNewest }
}
