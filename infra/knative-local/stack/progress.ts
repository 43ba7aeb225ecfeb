// What the start is waiting for, a line each, so that a slow start never looks like a hanging one.

export interface Progress {
  /** Seconds since the start, to the tenth. */
  elapsed(): string
  say(sentence: string): void
  /** Runs `work`, and says so when it is done or takes long. */
  step<T>(done: string, work: () => Promise<T>): Promise<T>
  end(): void
}

const reminderMs = 5_000

export function startProgress(write: (line: string) => void): Progress {
  const pending = new Set<string>()
  const elapsed = () => (performance.now() / 1_000).toFixed(1) // counted from the birth of this process
  const say = (sentence: string) => write(`${elapsed().padStart(6)} s  ${sentence}`)
  const reminder = setInterval(() => {
    if (pending.size > 0) say(`still to come: ${[...pending].join(', ')}`)
  }, reminderMs)

  return {
    elapsed,
    say,
    async step(done, work) {
      pending.add(done)
      try {
        const result = await work()
        say(done)
        return result
      } finally {
        pending.delete(done)
      }
    },
    end: () => clearInterval(reminder)
  }
}
