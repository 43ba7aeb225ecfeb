// `npm run mcp`: the console's reads for a model, by the Model Context Protocol on standard input and output. Nothing but the protocol is
// printed there.
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { createCommand, printError, runCommand } from '../../knative-local/command-line.ts'
import { addAddressOptions, type AddressFlags, openSourcesOf } from '../addresses.ts'
import type { Sources } from '../reads/sources.ts'
import { createMcpServer } from './mcp-server.ts'

const command = createCommand('npm run mcp --')
  .description('Answers a model about a system: the one that runs here, or a cluster by its addresses.')
  .allowExcessArguments(false)
await runCommand(
  addAddressOptions(command)
    .addHelpText(
      'after',
      `
It speaks the Model Context Protocol on standard input and output. It reads; the only tool that changes anything is
replay, and only with send: true.
Exit status: 0 the other side has ended, 1 failed, 2 wrong usage.`
    )
    .action(serve)
)

async function serve(flags: AddressFlags): Promise<void> {
  let opened: Promise<Sources> | undefined
  const server = createMcpServer(() => {
    opened ??= openSourcesOf(flags)
    opened.catch(() => (opened = undefined)) // nothing runs yet: the next call looks again
    return opened
  })
  const ended = Promise.withResolvers<void>()
  process.stdin.once('close', ended.resolve).once('end', ended.resolve)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => ended.resolve())
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- no EventTarget
  server.server.onerror = error => printError(error.message)
  await server.connect(new StdioServerTransport())
  await ended.promise
  await server.close()
  await opened?.then(sources => sources.close()).catch(() => undefined)
}
