// What became of a command that was sent.
import { useEffect } from 'preact/hooks'
import type { ActionOutput } from '../api.ts'
import { useRead } from '../use-read.ts'
import { Id } from './id.tsx'
import { Json } from './json.tsx'
import { State } from './state.tsx'

type Sent = ActionOutput<'sendCommand'>

const lookMs = 500

export function SentByHttp({ sent: { status, isDone, answer, detail, errors, traceId } }: { readonly sent: Sent }) {
  return (
    <section class="panel" aria-label="The answer">
      <p role="status">
        {isDone ? (
          <State tone="good">{`done, ${status}`}</State>
        ) : (
          <State tone="bad">{status === null ? 'not sent' : `refused, ${status}`}</State>
        )}{' '}
        {detail || (errors.length > 0 ? 'Nothing was done. What is wrong stands beside the fields.' : '')}
      </p>
      {isDone && <Done answer={answer} />}
      {status !== null && <Trace id={traceId} />}
    </section>
  )
}

export function SentToBroker({
  sent,
  name,
  onErrors
}: {
  readonly sent: Sent
  readonly name: string
  readonly onErrors: (errors: Readonly<Record<string, string>>) => void
}) {
  if (sent.event === null) return <SentByHttp sent={sent} />
  return <Followed event={sent.event} traceId={sent.traceId} name={name} onErrors={onErrors} />
}

function Followed({
  event,
  traceId,
  name,
  onErrors
}: {
  readonly event: NonNullable<Sent['event']>
  readonly traceId: string
  readonly name: string
  readonly onErrors: (errors: Readonly<Record<string, string>>) => void
}) {
  const { data, error } = useRead('commandOutcome', { function: name, ...event }, lookMs)
  const found = data?.errors ?? []
  useEffect(() => {
    if (found.length > 0) onErrors(Object.fromEntries(found.map(({ field, message }) => [field, message])))
  }, [JSON.stringify(found)])
  const state = data?.state ?? 'under way'
  return (
    <section class="panel" aria-label="What became of it">
      <p role="status">
        <State tone={state === 'done' ? 'good' : state === 'letter' ? 'bad' : 'quiet'}>
          {state === 'letter' ? `${name} refused it` : state === 'done' ? 'done' : 'accepted by the Broker'}
        </State>{' '}
        {state === 'letter' && (
          <>
            {data?.detail || 'What is wrong stands beside the fields.'} It is{' '}
            <a href={`/letters/${data?.letterId}`}>a dead letter</a>.
          </>
        )}
        {error?.message}
      </p>
      {state === 'done' && <Done answer={data?.answer} />}
      <p>
        Event <Id value={event.id} href={`/events/id/${event.id}?source=${encodeURIComponent(event.source)}`} />
      </p>
      <Trace id={traceId} />
    </section>
  )
}

function Done({ answer }: { readonly answer: unknown }) {
  const id = typeof answer === 'object' && answer !== null && 'id' in answer ? String(answer.id) : undefined
  return (
    <>
      {id !== undefined && (
        <p>
          Student <Id value={id} href={`/students/${encodeURIComponent(id)}`} />
        </p>
      )}
      {answer !== null && answer !== undefined && <Json data={answer} what="The answer" />}
    </>
  )
}

function Trace({ id }: { readonly id: string }) {
  return (
    <p>
      Trace <Id value={id} href={`/traces/${id}`} />
    </p>
  )
}
