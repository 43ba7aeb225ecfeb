// KafkaSources, KafkaSinks, Brokers and Triggers of some YAML, on any Kafka, until a signal ends the process.
//
// Prints `ready` alone on a line once every source and trigger has its partitions. Edited files take effect while it runs.
import { secretPlaces, type Settings } from '../dataplane/arguments.ts'
import { bootstrapNote } from '../dataplane/plan/bootstrap-note.ts'
import { confineDefects } from '../dataplane/confine-defects.ts'
import { DataPlane } from '../dataplane/data-plane.ts'
import { HandedPlan } from '../dataplane/plan/handed-plan.ts'
import { LivePlan } from '../dataplane/plan/live-plan.ts'
import { openLog } from '../dataplane/log.ts'
import type { PlanFeed } from '../dataplane/plan/plan-feed.ts'
import { openPrintSink } from '../dataplane/delivery/print-sink.ts'
import { openObserver } from '../dataplane/tracing/open-observer.ts'
import { Secrets } from '../dataplane/kafka/secrets.ts'
import { openStatusLines } from '../dataplane/status/status-lines.ts'
import { serveStatus } from '../dataplane/status/status-server.ts'
import { lines as safeLines } from '../terminal-text.ts'
import { printError } from './command-line.ts'

/** Deliveries under way at a stop get this long … */
const DRAIN_MS = 4000
/** … and the whole stop this long. */
const STOP_MS = 8000
const READY_CHECK_MS = 50

export async function runDataPlane(settings: Settings): Promise<void> {
  await run(settings).catch(fail)
}

async function run(settings: Settings): Promise<void> {
  const lines = openStatusLines(process.stdout, settings.json)
  // On a terminal everything goes through the lines, which stay below it.
  const onTerminal = process.stdout.isTTY && process.stderr.isTTY && !settings.json
  const log = await openLog(onTerminal ? lines.say : undefined)
  const say = onTerminal ? (text: string) => lines.say(safeLines(text)) : printError
  const printSink = settings.print ? await openPrintSink(lines.say) : undefined
  const { 'plan-file': planFile } = settings
  const feed: PlanFeed =
    planFile === undefined
      ? await LivePlan.load({ ...settings, sink: settings.sink ?? printSink?.url }, say)
      : await HandedPlan.load(planFile, { report: say, answer: lines.say })
  const note = planFile === undefined ? bootstrapNote(settings.bootstrap, feed.plan) : undefined
  if (note !== undefined) say(note)
  const observer = await openObserver(process.env, log)
  const dataPlane = await DataPlane.start({
    kafka: {
      bootstrap: settings.bootstrap,
      plaintext: settings.plaintext,
      clientId: settings['client-id'],
      secrets: new Secrets(secretPlaces(settings.secret, process.env), process.env)
    },
    ingressPort: settings['ingress-port'],
    sinkPort: settings['sink-port'],
    resolved: feed.addresses,
    // Whoever hands over a plan makes its topics too.
    makesTopics: planFile === undefined,
    ...(printSink && { uriSink: printSink.url }),
    log,
    observer
  })
  const defects = confineDefects(log, process)
  const status = () => dataPlane.status([...feed.problems, ...defects.problems()])
  const statusServer = await serveStatus(settings['status-port'], status)
  const statusUrl = `http://127.0.0.1:${statusServer.port}/status`
  log.info({ brokers: dataPlane.ingressUrl, sinks: dataPlane.sinkUrl, status: statusUrl }, 'listening')

  await dataPlane.apply(feed.plan)
  const watching = await feed.follow(dataPlane)
  lines.show(status)
  const readiness = setInterval(() => {
    if (!dataPlane.status().ready) return
    clearInterval(readiness)
    lines.say('ready')
  }, READY_CHECK_MS)

  const stop = async (): Promise<void> => {
    clearInterval(readiness)
    lines.close()
    setTimeout(() => {
      fail(new Error(`Not stopped within ${STOP_MS} ms. What was not committed is delivered again.`))
    }, STOP_MS)
    await watching.close()
    await dataPlane.stop(DRAIN_MS)
    await statusServer.close()
    await observer?.close()
    await printSink?.close()
    process.exit(0)
  }
  const stopOnce = (): void => {
    process.off('SIGTERM', stopOnce)
    process.off('SIGINT', stopOnce)
    stop().catch(fail)
  }
  process.on('SIGTERM', stopOnce)
  process.on('SIGINT', stopOnce)
}

function fail(error: Error): void {
  printError(error.message)
  process.exit(1)
}
