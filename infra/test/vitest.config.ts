// Two projects: `unit` needs a PostgreSQL at most, or brokers that a file starts itself; `stack` shares one whole stack.
import { defineConfig } from 'vitest/config'

/** kafkajs sets timers in the past: harmless, and printed once by Node 24. */
const quiet = ['--disable-warning=TimeoutNegativeWarning']
const onTheStack = ['infra/test/end-to-end/**/*.test.ts', 'infra/proof/scenarios/scenarios.test.ts']

export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    reporters: ['default', 'infra/test/last-line.ts'],
    expect: { poll: { timeout: 10_000 } }, // a second, as it is by default, may pass on a busy machine
    teardownTimeout: 60_000, // the whole stack stops in it, and its folder is removed
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['functions/**/*.test.ts', 'infra/**/*.test.ts', 'schemas/**/*.test.ts'],
          exclude: onTheStack,
          globalSetup: ['infra/test/postgres-setup.ts', 'infra/test/bundle-setup.ts'],
          execArgv: quiet,
          testTimeout: 30_000,
          hookTimeout: 30_000, // which build and start functions
          sequence: { groupOrder: 0 }
        }
      },
      {
        extends: true,
        test: {
          name: 'stack',
          include: onTheStack,
          globalSetup: ['infra/test/stack-setup.ts'],
          execArgv: quiet,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false, // the stack is one, and has the machine to itself
          sequence: { groupOrder: 1 }
        }
      }
    ]
  }
})
