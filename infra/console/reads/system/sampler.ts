// Looks at something every few seconds and keeps an hour of it. It begins with the first question, and slows down while nobody asks.

const everyMs = 2_000
/** While nobody looks. */
const idleEveryMs = 10_000
const idleAfterMs = 30_000
/** An hour of looks every 2 s. */
const maxSamples = 1_800

export interface Sampler<Sample> {
  /** The newest; waits for the first. @throws when it could not be looked at lately, with the reason */
  latest(): Promise<Sample>
  /** Oldest first. */
  history(): readonly Sample[]
  stop(): void
}

export function startSampler<Sample extends { readonly atMs: number }>(look: () => Promise<Sample>): Sampler<Sample> {
  const samples: Sample[] = []
  let askedAt = 0
  let failure: Error | undefined
  let first: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  async function lookOnce(): Promise<void> {
    try {
      samples.push(await look())
      if (samples.length > maxSamples) samples.shift()
      failure = undefined
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error))
    }
    if (isStopped) return
    const isIdle = performance.now() - askedAt > idleAfterMs
    timer = setTimeout(() => void lookOnce(), isIdle ? idleEveryMs : everyMs)
  }

  return {
    async latest() {
      askedAt = performance.now()
      first ??= lookOnce()
      await first
      const newest = samples.at(-1)
      if (newest === undefined || (failure && Date.now() - newest.atMs > idleEveryMs)) {
        throw failure ?? new Error('nothing is known yet')
      }
      return newest
    },
    history: () => samples,
    stop() {
      isStopped = true
      clearTimeout(timer)
    }
  }
}
