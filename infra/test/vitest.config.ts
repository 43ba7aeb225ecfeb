import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['functions/**/*.test.ts', 'infra/**/*.test.ts', 'schemas/**/*.test.ts'],
    globalSetup: ['infra/test/postgres-setup.ts', 'infra/test/bundle-setup.ts'],
    testTimeout: 30_000
  }
})
