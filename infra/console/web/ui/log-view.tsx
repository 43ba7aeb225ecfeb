// The logs of all parts, or of one, the newest last; it follows them while it is at its end.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ReadInput } from '../api.ts'
import { useRead } from '../use-read.ts'
import { Await, Empty } from './page.tsx'
import { Time } from './time.tsx'

const levels = ['debug', 'info', 'warn', 'error'] as const
/** Of the end that counts as the end. */
const slackPx = 40

export function LogView({ part }: { readonly part?: string }) {
  const [filter, setFilter] = useState<Pick<ReadInput<'logs'>, 'level' | 'text'>>({ level: 'info' })
  const shown = useRead('logs', { part, ...filter }, 1_000)
  const scroller = useRef<HTMLDivElement>(null)
  const isAtEnd = useRef(true)
  useEffect(() => {
    if (isAtEnd.current) scroller.current?.scrollTo({ top: scroller.current.scrollHeight })
  })
  const scrolled = () => {
    const { scrollTop = 0, scrollHeight = 0, clientHeight = 0 } = scroller.current ?? {}
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < slackPx
  }
  return (
    <>
      <form class="filters" aria-label="Filter of logs" onSubmit={event => event.preventDefault()}>
        <label>
          Level
          <select
            value={filter.level}
            onChange={event => setFilter({ ...filter, level: levels.find(one => one === event.currentTarget.value) })}
          >
            {levels.map(level => (
              <option key={level} value={level}>
                {level}
              </option>
            ))}
          </select>
        </label>
        <label>
          With
          <input
            type="search"
            placeholder="text, or an id"
            value={filter.text ?? ''}
            onInput={event => setFilter({ ...filter, text: event.currentTarget.value })}
          />
        </label>
      </form>
      <Await shown={shown} what="Reading the logs">
        {({ lines, isHere }) =>
          lines.length === 0 ? (
            <Empty title={isHere ? 'No line of this kind.' : 'Logs of a cluster are where its pods write them.'}>
              {isHere ? 'Choose a lower level, or another text.' : 'kubectl logs shows them.'}
            </Empty>
          ) : (
            <div
              class="log"
              ref={scroller}
              tabIndex={0}
              role="log"
              aria-label="Logs"
              aria-live="off"
              onScroll={scrolled}
            >
              {lines.map(({ at, part: from, level, message, fields }, index) => (
                <div class={`log-line ${level}`} key={`${at} ${from} ${index}`}>
                  <Time at={at} /> <b>{level}</b> {part === undefined && <a href={`/parts/${from}`}>{from}</a>}{' '}
                  {message} <span class="log-fields">{fields}</span>
                </div>
              ))}
            </div>
          )
        }
      </Await>
    </>
  )
}
