// The filter of events as a form; each change is in the address a moment later.
import { useEffect, useState } from 'preact/hooks'
import type { EventFilter, EventRow } from '../use-tail.ts'
import { useRead } from '../use-read.ts'

/** Of no further key. */
const settleMs = 300
const outcomes = ['applied', 'answered', 'held', 'letter', 'discarded', 'resolved', 'failing', 'waiting', 'taken']

interface Props {
  readonly filter: EventFilter
  readonly change: (filter: EventFilter) => void
  readonly rows: readonly EventRow[]
}

export function EventFilters({ filter, change, rows }: Props) {
  const [given, setGiven] = useState(filter)
  const { data } = useRead('groups', {}, 10_000)
  useEffect(() => setGiven(filter), [JSON.stringify(filter)])
  useEffect(() => {
    if (JSON.stringify(given) === JSON.stringify(filter)) return undefined
    const timer = setTimeout(() => change(given), settleMs)
    return () => clearTimeout(timer)
  }, [given])

  const groups = data?.groups ?? []
  const functions = unique(groups.map(group => group.function))
  const topics = unique([...groups.flatMap(group => group.topics), ...rows.map(row => row.topic)])
  const types = unique(rows.map(({ type }) => type).filter(Boolean))
  const set = (name: keyof EventFilter) => (event: Event) => {
    const { value } = event.currentTarget as HTMLInputElement
    setGiven(before => ({ ...before, [name]: value || undefined }))
  }
  const setTime = (name: 'since' | 'until') => (event: Event) => {
    const { value } = event.currentTarget as HTMLInputElement
    setGiven(before => ({ ...before, [name]: value === '' ? undefined : new Date(value).toISOString() }))
  }
  const choice = (label: string, name: 'topic' | 'function' | 'outcome', all: readonly string[]) => (
    <label>
      {label}
      <select value={given[name] ?? ''} onChange={set(name)}>
        <option value="">any</option>
        {unique([...all, ...(given[name] ? [given[name]] : [])]).map(one => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
    </label>
  )
  return (
    <form class="filters" aria-label="Filter" onSubmit={event => event.preventDefault()}>
      {choice('Function', 'function', functions)}
      {choice('Outcome', 'outcome', outcomes)}
      {choice('Topic', 'topic', topics)}
      <label>
        Type
        <input list="types" value={given.type ?? ''} onInput={set('type')} placeholder="StudentCreated" />
        <datalist id="types">
          {types.map(type => (
            <option key={type} value={type} />
          ))}
        </datalist>
      </label>
      <label>
        Student
        <input value={given.student ?? ''} onInput={set('student')} placeholder="an id" />
      </label>
      <label>
        Text
        <input type="search" value={given.text ?? ''} onInput={set('text')} placeholder="in the data" />
      </label>
      <label>
        From
        <input type="datetime-local" step="1" value={localTime(given.since)} onChange={setTime('since')} />
      </label>
      <label>
        To
        <input type="datetime-local" step="1" value={localTime(given.until)} onChange={setTime('until')} />
      </label>
      {Object.keys(filter).length > 0 && (
        <a class="button" href="/events">
          Clear
        </a>
      )}
    </form>
  )
}

function unique(all: readonly string[]): string[] {
  return [...new Set(all)].toSorted()
}

/** In the browser's own zone, as the field has it. */
function localTime(time: string | undefined): string {
  if (time === undefined) return ''
  const date = new Date(time)
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}
