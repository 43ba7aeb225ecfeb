// Progress on stderr, for whoever waits: nothing in the first second, then a line a second at most.

const quietMs = 1_000

export function startProgress(write: (line: string) => void) {
  let nextAt = performance.now() + quietMs
  return (sentence: string, done?: number, total?: number): void => {
    const now = performance.now()
    if (now < nextAt) return
    nextAt = now + quietMs
    const share = done === undefined || !total ? '' : ` ${Math.floor((done / total) * 100)} % (${done} of ${total})`
    write(`${sentence}${share}\n`)
  }
}
