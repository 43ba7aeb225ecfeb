// `npm run dataplane`: KafkaSources, KafkaSinks, Brokers and Triggers of some YAML, on any Kafka.
//
//   -f FILE-or-DIR... --bootstrap HOST:PORT     the rest: --help
//
// Prints `ready` alone on a line once every source and trigger has its partitions. Edited files take effect while it runs.
import { readFile } from 'node:fs/promises'
import { pino } from 'pino'
import { z } from 'zod'
import { parseArguments, USAGE, type Settings } from './dataplane/arguments.ts'
import { DataPlane } from './dataplane/data-plane.ts'
import { connectKafka } from './dataplane/kafka.ts'
import { drawStatus } from './dataplane/status-lines.ts'
import { serveStatus } from './dataplane/status-server.ts'
import { watchFiles } from './dataplane/watch-files.ts'
import { loadPlan } from './manifests/load-plan.ts'
import { formatProblems } from './manifests/problem.ts'

/** Deliveries under way at a stop get this long … */
const DRAIN_MS = 4000
/** … and the whole stop this long. */
const STOP_MS = 8000
const READY_CHECK_MS = 50

const parsed = parseArguments(process.argv.slice(2), process.env)
if ('help' in parsed) {
  process.stdout.write(`${USAGE}\n`)
} else if ('problems' in parsed) {
  process.stderr.write(`${parsed.problems.join('\n')}\n\n${USAGE}\n`)
  process.exitCode = 2
} else {
  run(parsed.settings).catch((error: Error) => {
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  })
}

async function run(settings: Settings): Promise<void> {
  const log = pino({ level: process.env.LOG_LEVEL ?? 'info', base: null }, pino.destination({ dest: 2, sync: true }))
  const resolved = await readResolved(settings)
  const first = await loadPlan(settings.files, { resolved: new Set(resolved.keys()) })
  if (first.problems.length > 0) process.stderr.write(`${formatProblems(first.problems)}\n`)
  if (first.plan === undefined) throw new Error('Nothing was started: the YAML has errors.')

  const dataPlane = await DataPlane.start({
    kafka: connectKafka(settings.bootstrap, settings['client-id'], log),
    ingressPort: settings['ingress-port'],
    sinkPort: settings['sink-port'],
    resolved,
    log
  })
  let problems: string[] = []
  const status = () => dataPlane.status(problems)
  const statusServer = await serveStatus(settings['status-port'], status)
  log.info(
    { brokers: dataPlane.ingressUrl, sinks: dataPlane.sinkUrl, status: `http://127.0.0.1:${statusServer.port}/status` },
    'listening'
  )
  await dataPlane.apply(first.plan)

  const reload = async (): Promise<void> => {
    const addresses = await readResolved(settings)
    dataPlane.resolve(addresses)
    const { plan, problems: found } = await loadPlan(settings.files, { resolved: new Set(addresses.keys()) })
    problems = plan === undefined ? [formatProblems(found)] : []
    if (found.length > 0) process.stderr.write(`${formatProblems(found)}\n`)
    if (plan === undefined) log.error('the edited YAML has errors; what ran before goes on')
    else await dataPlane.apply(plan)
  }
  const files = settings['resolve-file'] === undefined ? settings.files : [...settings.files, settings['resolve-file']]
  const watching = await watchFiles(files, () => {
    reload().catch((error: Error) =>
      log.error({ error: error.message }, 'the edit could not be read; what ran before goes on')
    )
  })
  const lines = drawStatus(status, process.stdout, settings.json)
  const readiness = setInterval(() => {
    if (!dataPlane.status().ready) return
    clearInterval(readiness)
    process.stdout.write('ready\n')
  }, READY_CHECK_MS)

  let stopping = false
  const stop = (): void => {
    if (stopping) return
    stopping = true
    clearInterval(readiness)
    lines.close()
    watching.close()
    setTimeout(() => {
      process.stderr.write(`not stopped within ${STOP_MS} ms, giving up; what was not committed is delivered again\n`)
      process.exit(1)
    }, STOP_MS).unref()
    dataPlane.stop(DRAIN_MS).then(
      async () => {
        await statusServer.close()
        process.exit(0)
      },
      (error: Error) => {
        process.stderr.write(`${error.message}\n`)
        process.exit(1)
      }
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

async function readResolved(settings: Settings): Promise<Map<string, string>> {
  const path = settings['resolve-file']
  if (path === undefined) return settings.resolve
  const entries = z.record(z.string(), z.url()).parse(JSON.parse(await readFile(path, 'utf8')))
  return new Map([...settings.resolve, ...Object.entries(entries)])
}
