// Ends a test run with one plain line, after vitest's own summary: `12 passed, 0 failed`.
import type { Reporter, TestModule } from 'vitest/node'

export default class LastLine implements Reporter {
  #registered = false

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0
    let failed = unhandledErrors.length
    for (const module of modules) {
      const before = failed
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed += 1
        if (state === 'failed') failed += 1
      }
      // A file that cannot be loaded, or whose hooks fail, has no failed test of its own.
      if (module.state() === 'failed' && failed === before) failed += 1
    }
    if (this.#registered) return
    this.#registered = true
    process.once('exit', () => process.stdout.write(`${passed} passed, ${failed} failed\n`))
  }
}
