/** Works on one value at a time. Of the values that wait only the last counts, and whoever gave one of them gets its end. */
export function lastOfWaiting<T>(work: (value: T) => Promise<void>): (value: T) => Promise<void> {
  let working: Promise<void> = Promise.resolve()
  let waiting: { value: T; readonly done: Promise<void> } | undefined
  return next => {
    if (waiting) waiting.value = next
    else {
      const done = working.then(() => {
        const last = waiting?.value ?? next
        waiting = undefined
        return work(last)
      })
      waiting = { value: next, done }
      working = done.catch(() => undefined)
    }
    return waiting.done
  }
}
