// What became of the events in view: asked once for those that are over, and every second for the others.
import { useEffect, useState } from 'preact/hooks'
import { read, type ReadOutput } from './api.ts'

export type Outcomes = ReadOutput<'outcomes'>[string]

const everyMs = 1_000
const maxKept = 5_000
/** Nothing follows on these. */
const isOver = new Set(['applied', 'answered', 'discarded', 'resolved', 'taken'])
const kept = new Map<string, Outcomes>()

export function useOutcomes(places: readonly string[]): (place: string) => Outcomes | undefined {
  const [, setRound] = useState(0)
  const key = places.join()
  useEffect(() => {
    const leaving = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    async function look(): Promise<void> {
      const open = places.filter(place => !kept.get(place)?.every(({ outcome }) => isOver.has(outcome)))
      if (open.length > 0 && !document.hidden) {
        try {
          for (const [place, outcomes] of Object.entries(
            await read('outcomes', { places: open.join() }, leaving.signal)
          )) {
            kept.set(place, outcomes)
          }
          while (kept.size > maxKept) kept.delete(kept.keys().next().value ?? '')
          setRound(round => round + 1)
        } catch {
          // The list itself says what is wrong.
        }
      }
      if (!leaving.signal.aborted) timer = setTimeout(look, everyMs)
    }
    // While somebody scrolls, each place is in view for a moment only.
    timer = setTimeout(look, 100)
    return () => {
      leaving.abort()
      clearTimeout(timer)
    }
  }, [key])
  return place => kept.get(place)
}
