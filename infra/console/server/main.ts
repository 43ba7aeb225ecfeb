// `npm run console`: the page of the stack that runs here, or of a cluster. `npm run dev` starts it beside the stack as well. Until the
// first request for data it has loaded and reached nothing.
import { printError, print, runCommand, UsageError } from '../../knative-local/command-line.ts'
import { addressesOf, isOfCluster, openSourcesOf } from '../addresses.ts'
import { consoleCommand } from './arguments.ts'
import { serveConsole } from './serve-console.ts'

await runCommand(
  consoleCommand(async flags => {
    const port = Number(flags.port ?? 0)
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new UsageError('--port must be a port')
    if (isOfCluster(flags)) await addressesOf(flags, process.env) // what is missing is said at once
    const server = await serveConsole({ port, openSources: () => openSourcesOf(flags) })
    print(`Console  ${server.url}`)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => void server.close().finally(() => process.exit(0)))
    }
  })
)

/** One page's mistake is not the end of the others. */
process.on('unhandledRejection', error =>
  printError(error instanceof Error ? (error.stack ?? error.message) : String(error))
)
