// The collector as a process of its own, so that it can neither slow nor end what it looks at.
//
//   node run-collector.ts PORT FILE
import { dirname } from 'node:path'
import { mkdir } from 'node:fs/promises'
import pino from 'pino'
import { startCollector } from './collector.ts'
import { createForwarder, forwardingOf } from './forwarder.ts'
import { openTraceStore } from './trace-store.ts'

process.umask(0o077) // attributes of events are nobody else's business
const [port = '', file = ''] = process.argv.slice(2)
const log = pino({ base: undefined, timestamp: pino.stdTimeFunctions.isoTime })
await mkdir(dirname(file), { recursive: true })
const elsewhere = forwardingOf(process.env)
const forwarder = elsewhere && createForwarder(elsewhere.url, elsewhere.headers, log)
const collector = await startCollector(Number(port), openTraceStore(file), forwarder, log)

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void collector.close().finally(() => process.exit(0)))
}
