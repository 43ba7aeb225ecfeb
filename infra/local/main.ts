// `npm run dev`: the whole system on this machine, from the same YAML as in a cluster. Flags: settings.ts, or --help.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { projectDirectory } from '../bundle.ts'
import { type Control, startControl } from './control.ts'
import { type Endpoints, removeEndpoints, writeEndpoints } from './endpoints.ts'
import { loadPlan } from './manifests/load-plan.ts'
import type { Plan } from './manifests/plan.ts'
import { formatProblems } from './manifests/problem.ts'
import { manifestPaths } from './manifest-paths.ts'
import { partsOf } from './parts.ts'
import { functionOf } from './resources/functions/environment.ts'
import { killLeftovers } from './resources/leftovers.ts'
import { assignPorts, checkPorts, type Ports } from './resources/ports.ts'
import { openProcesses, type Processes } from './resources/processes.ts'
import { startProgress } from './resources/progress.ts'
import { lockState, type StateLock } from './resources/state-lock.ts'
import { help, readSettings } from './settings.ts'
import { type Stack, startStack, type StopOrder, stopOrder } from './stack.ts'
import { statusScreen } from './status-screen.ts'
import { type ManifestWatch, watchManifests } from './watch-manifests.ts'

/** One Ctrl-C comes twice under npm: from the terminal, and passed on by npm. */
const samePressMs = 500

const write = (line: string) => void process.stdout.write(`${line}\n`)
const progress = startProgress(write)
const report = (sentence: string) => write(`${new Date().toTimeString().slice(0, 8)}  ${sentence}`)

const stops = new Map<StopOrder, () => Promise<void>>()
let lock: StateLock | undefined
let processes: Processes | undefined
let control: Control | undefined
let manifestWatch: ManifestWatch | undefined
let stopRequestedAt: number | undefined
let stateDirectory: string | undefined

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void onSignal())

process.on('uncaughtException', error => void fail(error))

await main().catch(fail)

async function main(): Promise<void> {
  const settings = readSettings(process.argv.slice(2), process.env)
  if (settings.help) {
    write(help)
    process.exit(0)
  }
  process.chdir(projectDirectory)
  const directory = settings.stateDirectory
  lock = await lockState(directory)
  stateDirectory = directory
  const leftovers = await killLeftovers(directory)
  if (leftovers > 0) progress.say(`${leftovers} processes of an earlier run were still there and have been ended`)
  await removeEndpoints(directory)
  if (settings.clean) await clean(directory)

  const plan = await readPlan()
  const ports = assignPorts(
    settings.portBase,
    plan.services.map(({ name }) => name)
  )
  await checkPorts(ports)
  processes = openProcesses(directory)

  let stack: Stack | undefined
  let publishing = Promise.resolve()
  const publish = () => {
    publishing = publishing.then(async () => {
      if (stack && stopRequestedAt === undefined)
        await writeEndpoints(directory, describe(stack, plan, ports, directory))
    })
  }
  const started = await startStack({
    plan,
    ports,
    stateDirectory: directory,
    processes,
    progress,
    report,
    pidChanged: publish,
    started: (name, stopPart) => stops.set(name, stopPart)
  })
  control = await startControl(ports.control, partsOf(started), report)
  manifestWatch = watchManifests(started.apply, report)
  const topics = await started.topics()
  stack = started
  publish()
  await publishing
  progress.end()
  write(
    statusScreen({
      plan,
      endpoints: describe(started, plan, ports, directory),
      topics,
      seconds: progress.elapsed(),
      stateDirectory: directory
    })
  )
}

async function readPlan(): Promise<Plan> {
  const { plan, problems } = await loadPlan(manifestPaths, { requireTopics: true })
  if (problems.length > 0) write(formatProblems(problems, { colour: process.stdout.isTTY }))
  if (!plan) throw new Error('The YAML is not right (above). Nothing was started.')
  return plan
}

/** What `--clean` deletes: only what the runtime itself has made there. */
async function clean(directory: string): Promise<void> {
  const made = ['postgres', 'kafka', 'functions', 'compile-cache', 'logs', 'connect.properties', 'kubeconfig']
  await Promise.all(made.map(name => rm(join(directory, name), { recursive: true, force: true })))
}

function describe(stack: Stack, plan: Plan, ports: Ports, directory: string): Endpoints {
  const { functions, bootstrap, brokers, postgres, registry, connect, dataplane } = stack
  return {
    ready: true,
    functions: Object.fromEntries(
      plan.services.map(service => {
        const running = functions.services.get(service.name)
        return [functionOf(service), { url: running?.url ?? '', pid: running?.pid() ?? null, service: service.name }]
      })
    ),
    ingress: { url: dataplane.ingressUrl },
    sinkIngress: { url: dataplane.sinkIngressUrl },
    kafka: {
      bootstrap: bootstrap.join(','),
      brokers: brokers.map(broker => ({ id: broker.id, port: broker.port, pid: pidOf(broker) }))
    },
    postgres: { url: postgres.url('students'), pid: pidOf(postgres) },
    registry: { url: registry.url, pid: pidOf(registry) },
    connect: { url: connect.url, pid: pidOf(connect) },
    dataplane: { statusUrl: dataplane.statusUrl, pid: pidOf(dataplane) },
    control: { url: `http://127.0.0.1:${ports.control}`, pid: process.pid },
    kubeconfig: join(directory, 'kubeconfig')
  }
}

function pidOf(part: { process(): { readonly pid: number; isRunning(): boolean } | undefined }): number | null {
  const running = part.process()
  return running?.isRunning() ? running.pid : null
}

async function onSignal(): Promise<void> {
  const now = performance.now()
  if (stopRequestedAt !== undefined) {
    if (now - stopRequestedAt < samePressMs) return
    write('Killed.')
    processes?.killAll()
    if (stateDirectory) await removeEndpoints(stateDirectory)
    await lock?.release()
    process.exit(130)
  }
  stopRequestedAt = now
  write('\nStopping; Ctrl-C again kills at once.')
  await stop()
  write(`Stopped in ${((performance.now() - now) / 1_000).toFixed(1)} s.`)
  process.exit(0)
}

/** Nothing that was started may outlive a failure. */
async function fail(error: unknown): Promise<void> {
  if (stopRequestedAt !== undefined) return // what is being stopped may fail
  process.exitCode = 1
  const unexpected = !(error instanceof Error) || error instanceof TypeError || error instanceof ReferenceError
  process.stderr.write(`\n${unexpected ? inspect(error) : error.message}\n`)
  await stop()
  process.exit(1)
}

async function stop(): Promise<void> {
  stopRequestedAt ??= performance.now()
  progress.end()
  if (stateDirectory) await removeEndpoints(stateDirectory)
  control?.close()
  await manifestWatch?.close()
  for (const together of stopOrder) {
    await Promise.all(
      together.map(async name => {
        await stops
          .get(name)?.()
          .catch((error: Error) => report(`${name} did not stop in order: ${error.message}`))
      })
    )
  }
  processes?.killAll() // what was still starting
  processes?.close()
  await lock?.release()
}
