// Events as they come: what a filter finds, and every half second what came since. A list that can change in its middle, as one of
// outcomes does, is read as a whole.
import { useEffect, useRef, useState } from 'preact/hooks'
import { read, type ReadInput, type ReadOutput, readUrl } from './api.ts'

export type EventRow = ReadOutput<'events'>['rows'][number]
export type EventFilter = Omit<ReadInput<'events'>, 'after' | 'limit'>

export interface Tail {
  /** The newest first; undefined before the first answer. */
  readonly rows: readonly EventRow[] | undefined
  readonly more: number
  readonly lookedThrough: number
  readonly oldest: string | null
  readonly error: Error | undefined
}

const everyMs = 500
const wholeEveryMs = 2_000
/** More would make the browser slow, and nobody reads them. */
const maxRows = 10_000

const nothing: Tail = { rows: undefined, more: 0, lookedThrough: 0, oldest: null, error: undefined }

export function useTail(filter: EventFilter, isPaused: boolean): Tail {
  const [tail, setTail] = useState(nothing)
  const paused = useRef(isPaused)
  paused.current = isPaused
  const key = readUrl('events', filter)

  useEffect(() => {
    const leaving = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    let cursor: string | undefined
    let rows: EventRow[] = []
    const isWhole = filter.outcome !== undefined
    setTail(nothing)

    async function look(): Promise<void> {
      if ((!paused.current && !document.hidden) || cursor === undefined) {
        try {
          const after = isWhole ? undefined : cursor
          const page = await read('events', { ...filter, limit: maxRows, ...(after && { after }) }, leaving.signal)
          const isNew = after === undefined || generationOf(after) !== generationOf(page.cursor)
          cursor = page.cursor
          rows = (isNew ? page.rows.toReversed() : merged(page.rows, rows)).slice(0, maxRows)
          setTail(before => ({
            rows: isNew || page.rows.length > 0 ? rows : before.rows,
            more: isNew ? page.more : before.more,
            lookedThrough: isNew ? page.lookedThrough : before.lookedThrough + page.lookedThrough,
            oldest: page.oldest,
            error: undefined
          }))
        } catch (error) {
          if (leaving.signal.aborted) return
          setTail(before => ({ ...before, error: error as Error }))
        }
      }
      if (!leaving.signal.aborted) timer = setTimeout(look, isWhole ? wholeEveryMs : everyMs)
    }
    void look()
    return () => {
      leaving.abort()
      clearTimeout(timer)
    }
  }, [key])

  return tail
}

const generationOf = (cursor: string) => cursor.split(' ')[0]

/** `came` in the order of time, `rows` the newest first, and so is the result. Partitions are read one after the other. */
function merged(came: readonly EventRow[], rows: EventRow[]): EventRow[] {
  const newest = came.toReversed()
  const oldestOfNew = newest.at(-1)
  if (oldestOfNew === undefined || (rows[0]?.atMs ?? 0) <= oldestOfNew.atMs) return [...newest, ...rows]
  return [...newest, ...rows].toSorted((a, b) => b.atMs - a.atMs)
}
