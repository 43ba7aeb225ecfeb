// What functions-framework takes of node:domain, in its place in the bundles (infra/bundle.ts): an error that nobody catches,
// thrown by a timer for instance, fails the request that it came from, and the process continues.
//
// node:domain hooks into every promise and callback of the process, which was a third of a function's processor time
// (infra/decisions/0025). An AsyncLocalStorage of Node 24 costs next to nothing.
import { AsyncLocalStorage } from 'node:async_hooks'

type Handler = (error: unknown) => void

const handlers = new AsyncLocalStorage<Handler>()

export function create(): { on(event: 'error', handler: Handler): void; run(work: () => void): void } {
  let handler: Handler = fail
  return {
    on: (_, given) => void (handler = given),
    run: work => handlers.run(error => handler(error), work)
  }
}

process.on('uncaughtException', error => (handlers.getStore() ?? fail)(error))

/** As Node does without anybody who listens. */
function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
}
