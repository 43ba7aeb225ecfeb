// Something that a person has asked for: under way, done, or refused in words.
import { useState } from 'preact/hooks'

export interface Doing {
  readonly isBusy: boolean
  /** Of the last try. */
  readonly error: Error | undefined
  run(work: () => Promise<void>): void
}

export function useAction(): Doing {
  const [isBusy, setIsBusy] = useState(false)
  const [error, setError] = useState<Error>()
  const run = async (work: () => Promise<void>) => {
    setIsBusy(true)
    setError(undefined)
    try {
      await work()
    } catch (thrown) {
      setError(thrown as Error)
    }
    setIsBusy(false)
  }
  return { isBusy, error, run: work => void run(work) }
}
