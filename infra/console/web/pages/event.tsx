// One event: what it says, where it is, what each function made of it, and where its time went.
import { useLocation, useRoute } from 'preact-iso'
import { useEffect } from 'preact/hooks'
import type { ReadOutput } from '../api.ts'
import { EventFunctions } from '../ui/event-functions.tsx'
import { eventHref } from '../ui/event-link.tsx'
import { Copy, Id } from '../ui/id.tsx'
import { Await, Empty, Page } from '../ui/page.tsx'
import { duration, Time } from '../ui/time.tsx'
import { Waterfall } from '../ui/waterfall.tsx'
import { useRead } from '../use-read.ts'

type Detail = ReadOutput<'event'>

export function EventPage() {
  const { topic = '', partition = '', offset = '' } = useRoute().params
  const shown = useRead('event', { topic, partition, offset })
  return (
    <Page title={shown.data?.event?.type.split('.').at(-1) ?? 'Record'} actions={<a href="/events">All events</a>}>
      <Await shown={shown} what={`Reading ${topic}/${partition}@${offset}`}>
        {detail => <Detail detail={detail} />}
      </Await>
    </Page>
  )
}

/** Leads on to the place of its record. */
export function EventById() {
  const { params, query } = useRoute()
  const { route } = useLocation()
  const id = params.id ?? ''
  const shown = useRead('eventById', { id, source: query.source }, 0)
  const { data } = shown
  useEffect(() => {
    if (data) route(eventHref(data), true)
  }, [data])
  return (
    <Page title="Event">
      <Await shown={shown} what={`Looking for event ${id}`}>
        {() => null}
      </Await>
    </Page>
  )
}

function Detail({ detail }: { readonly detail: Detail }) {
  const { topic, partition, offset, writtenAt, key, event, data, functions, commands } = detail
  const subject = event?.subject
  return (
    <>
      <dl class="facts">
        {event && (
          <>
            <dt>Id</dt>
            <dd>
              <Id value={event.id} />
            </dd>
          </>
        )}
        {subject && (
          <>
            <dt>Student</dt>
            <dd>
              <Id value={subject} href={`/students/${encodeURIComponent(subject)}`} />
            </dd>
          </>
        )}
        <dt>Record</dt>
        <dd>
          <Id value={`${topic}/${partition}@${offset}`} /> <Time at={writtenAt} isWhole />, key{' '}
          {key === null ? 'none' : <code>{key}</code>}
        </dd>
        <dt>Row</dt>
        <dd>
          <Row outbox={detail.outbox} isEvent={event !== null} />
        </dd>
      </dl>
      <h2>Functions</h2>
      {functions.length === 0 ? (
        <Empty title="No function follows this topic.">
          A KafkaSource or a Trigger in knative/ would send it to one.
        </Empty>
      ) : (
        <EventFunctions place={{ topic, partition, offset }} functions={functions} commands={commands} />
      )}
      <h2>
        Data <Copy text={JSON.stringify(data, null, 2)} what="the data" label="Copy" />
      </h2>
      <pre class="data" tabIndex={0}>
        {data === null ? 'none' : JSON.stringify(data, null, 2)}
      </pre>
      <h2>Where its time went</h2>
      <Trace id={detail.traceId} />
      <Details summary={`Attributes and headers (${detail.headers.length})`}>
        <Pairs pairs={event?.attributes ?? []} />
        <h3>Headers of the record</h3>
        <Pairs pairs={detail.headers} />
      </Details>
      <Details summary={`Raw bytes (${detail.bytes})`}>
        <pre class="data" tabIndex={0}>
          {hexOf(detail.base64)}
        </pre>
        <Copy text={detail.base64} what="the bytes" label="Copy as base64" />
      </Details>
    </>
  )
}

function Row({ outbox, isEvent }: { readonly outbox: Detail['outbox']; readonly isEvent: boolean }) {
  if (outbox === null)
    return (
      <>{isEvent ? 'none in the outbox: it came another way, or its row was pruned' : 'none: it is no CloudEvent'}</>
    )
  const { createdAt, transaction, toKafkaMs } = outbox
  return (
    <>
      outbox, <Time at={createdAt} isWhole />, transaction <Id value={transaction} />; in Kafka {duration(toKafkaMs)}{' '}
      later
    </>
  )
}

function Trace({ id }: { readonly id: string | null }) {
  if (id === null) return <Empty title="It carries no trace.">Its sender gave it no traceparent.</Empty>
  return <TraceOf id={id} />
}

function TraceOf({ id }: { readonly id: string }) {
  const shown = useRead('trace', { id }, 3_000)
  if (shown.error)
    return (
      <Empty title="Its trace is not here.">
        {shown.error.message} <Id value={id} />
      </Empty>
    )
  return (
    <Await shown={shown} what="Reading the trace">
      {({ rows }) => (
        <>
          <p>
            <Id value={id} href={`/traces/${id}`} />
          </p>
          <Waterfall rows={rows} />
        </>
      )}
    </Await>
  )
}

function Details({ summary, children }: { readonly summary: string; readonly children: preact.ComponentChildren }) {
  return (
    <details>
      <summary>{summary}</summary>
      {children}
    </details>
  )
}

function Pairs({ pairs }: { readonly pairs: readonly { readonly name: string; readonly value: string | null }[] }) {
  return (
    <dl class="facts">
      {pairs.map(({ name, value }, index) => (
        <>
          <dt key={`${index} ${name}`}>{name}</dt>
          <dd>{value === null ? 'null' : <code>{value}</code>}</dd>
        </>
      ))}
    </dl>
  )
}

const bytesPerLine = 16

/** As `xxd` shows it. */
function hexOf(base64: string): string {
  const bytes = Uint8Array.from(atob(base64), character => character.charCodeAt(0))
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += bytesPerLine) {
    const line = [...bytes.subarray(at, at + bytesPerLine)]
    const hex = line.map(byte => byte.toString(16).padStart(2, '0')).join(' ')
    const text = line.map(byte => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(bytesPerLine * 3)} ${text}`)
  }
  return lines.join('\n')
}
