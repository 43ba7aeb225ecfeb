// The times at which a loop looks for work: every so often, and at once when it is woken.

export interface Polls {
  /** Resolves with the time of the next poll, or when woken. Taken before the work, so that a word during it is heard. */
  next(): Promise<void>
  wake(): void
}

export function createPolls(pollMs: number): Polls {
  let wake = () => {}
  return {
    next: () =>
      new Promise(resolve => {
        const timer = setTimeout(resolve, pollMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      }),
    wake: () => wake()
  }
}
