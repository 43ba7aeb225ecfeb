// What each function made of an event, with what one can do about it.
import { useState } from 'preact/hooks'
import { act, type ReadOutput } from '../api.ts'
import type { EventPlace } from './event-link.tsx'
import { Copy } from './id.tsx'
import { inWords, OutcomeState } from './outcome.tsx'
import { Time } from './time.tsx'

type Story = ReadOutput<'event'>['functions'][number]
type Commands = ReadOutput<'event'>['commands'][number]

interface Props {
  readonly place: Pick<ReadOutput<'event'>, 'topic' | 'partition' | 'offset'>
  readonly functions: readonly Story[]
  readonly commands: readonly Commands[]
}

export function EventFunctions({ place, functions, commands }: Props) {
  return (
    <ul class="cards">
      {functions.map((story, index) => (
        <li class="card" key={`${index} ${story.function}`}>
          <FunctionCard story={story} commands={commands.find(one => one.function === story.function)} place={place} />
        </li>
      ))}
    </ul>
  )
}

function FunctionCard({
  story,
  commands,
  place
}: {
  readonly story: Story
  readonly commands: Commands | undefined
  readonly place: EventPlace
}) {
  const { function: name, outcome, reason, group, handledAt, letterId, waitsFor, answer } = story
  return (
    <>
      <h3>
        {name} <OutcomeState outcome={outcome} reason={reason} />
      </h3>
      <p>
        {inWords(outcome)}
        {handledAt !== null && (
          <>
            {' '}
            Row in handled_events: <Time at={handledAt} />.
          </>
        )}
        {letterId !== null && (
          <>
            {' '}
            <a href={`/letters/${letterId}`}>Its letter</a>
            {reason === '' ? '' : `: ${reason}`}.
          </>
        )}
      </p>
      {waitsFor !== null && (
        <p class="notice">
          {waitsFor.href === null ? waitsFor.sentence : <a href={waitsFor.href}>{waitsFor.sentence}</a>}
        </p>
      )}
      {answer !== null && (
        <pre class="data" tabIndex={0}>
          {JSON.stringify(answer, null, 2)}
        </pre>
      )}
      {story.failedAttempts > 0 && <FailedAttempts story={story} />}
      <p class="actions">
        <a href={`/groups/${encodeURIComponent(group)}`}>group {group}</a>
        {commands && <Copy text={commands.curl} what={`a curl to ${name}`} label="Copy as curl" />}
        {commands?.funcInvoke && (
          <Copy text={commands.funcInvoke} what={`a func invoke of ${name}`} label="Copy as func invoke" />
        )}
        <SendAgain name={name} place={place} />
      </p>
    </>
  )
}

function FailedAttempts({ story: { outcome, failedAttempts, errors, stack } }: { readonly story: Story }) {
  return (
    <details open={outcome === 'failing' || outcome === 'letter'}>
      <summary>{failedAttempts === 1 ? 'One attempt' : `${failedAttempts} attempts`} failed</summary>
      <ul class="lines">
        {errors.toReversed().map(({ at, error }, index) => (
          <li key={`${index} ${at}`}>
            <Time at={at} /> {error}
          </li>
        ))}
      </ul>
      {stack.length > 0 && (
        <pre class="data" tabIndex={0}>
          {stack.join('\n')}
        </pre>
      )}
    </details>
  )
}

function SendAgain({
  name,
  place: { topic, partition, offset }
}: {
  readonly name: string
  readonly place: EventPlace
}) {
  const [said, setSaid] = useState('')
  const send = async () => {
    setSaid('sending …')
    try {
      const input = { topic: String(topic), partition: Number(partition), offset: Number(offset), function: name }
      const { outcome, status, detail } = await act('sendAgain', input)
      setSaid(`${outcome}${status === null ? '' : `, ${status}`}${detail === '' ? '' : `: ${detail}`}`)
    } catch (error) {
      setSaid((error as Error).message)
    }
  }
  return (
    <>
      <button
        type="button"
        class="button"
        onClick={() => void send()}
        title={`The same id, source and bytes: ${name} does nothing when it has done it already`}
      >
        Send again
      </button>
      <span role="status">{said}</span>
    </>
  )
}
