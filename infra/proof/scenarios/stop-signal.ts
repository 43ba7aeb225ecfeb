// Ctrl-C, or a reader that has gone, ends what runs and undoes it; a second one ends the program at once, and the reapers what it had started.

/** One Ctrl-C comes twice under npm: from the terminal, and passed on by npm. */
const samePressMs = 500

export function stopSignal(): AbortSignal {
  const stop = new AbortController()
  let requestedAt: number | undefined
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      requestedAt ??= performance.now()
      if (performance.now() - requestedAt > samePressMs) process.exit(130) // what a shell answers after a Ctrl-C
      stop.abort()
    })
  }
  process.stdout.on('error', () => stop.abort()) // nobody reads on: `| head`, for instance
  return stop.signal
}
