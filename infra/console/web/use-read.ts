// A read that a page shows and keeps current while somebody looks.
import { useEffect, useState } from 'preact/hooks'
import { read, readUrl, type ReadInput, type ReadName, type ReadOutput } from './api.ts'

export interface Shown<Data> {
  /** The newest answer; that of an earlier visit until there is one. */
  readonly data: Data | undefined
  /** Of the last try. */
  readonly error: Error | undefined
  /** Asks again at once. */
  readonly refresh: () => void
}

const maxKept = 100
const kept = new Map<string, unknown>()

/** `everyMs` of 0 reads once. */
export function useRead<Name extends ReadName>(
  name: Name,
  input: ReadInput<Name>,
  everyMs = 2_000
): Shown<ReadOutput<Name>> {
  const url = readUrl(name, input)
  const [state, setState] = useState<{ url: string; error?: Error | undefined }>({ url })
  const [round, setRound] = useState(0)

  useEffect(() => {
    const leaving = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    async function look(): Promise<void> {
      if (!document.hidden) {
        try {
          keep(url, await read(name, input, leaving.signal))
          setState({ url })
        } catch (error) {
          if (leaving.signal.aborted) return
          setState({ url, error: error as Error })
        }
      }
      if (everyMs > 0 && !leaving.signal.aborted) timer = setTimeout(look, everyMs)
    }
    const seen = () => {
      if (document.hidden) return
      clearTimeout(timer)
      void look()
    }
    document.addEventListener('visibilitychange', seen)
    void look()
    return () => {
      leaving.abort()
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', seen)
    }
  }, [url, everyMs, round])

  return {
    data: kept.get(url) as ReadOutput<Name> | undefined,
    error: state.url === url ? state.error : undefined,
    refresh: () => setRound(count => count + 1)
  }
}

function keep(url: string, data: unknown): void {
  kept.delete(url)
  kept.set(url, data)
  const [oldest] = kept.keys()
  if (kept.size > maxKept && oldest !== undefined) kept.delete(oldest)
}
