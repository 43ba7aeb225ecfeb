// kafkajs sets timers in the past, which is harmless; Node prints a warning of each kind once. The npm scripts say so by
// --disable-warning, which a program cannot give itself.

export function ignoreNegativeTimeouts(): void {
  const printers = process.listeners('warning')
  process.removeAllListeners('warning')
  process.on('warning', warning => {
    if (warning.name !== 'TimeoutNegativeWarning') for (const print of printers) print(warning)
  })
}
