// A project's whole system on this machine, from the same YAML as in a cluster. Flags: settings.ts, or --help.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { startControl } from '../control.ts'
import { createEndpointsFile, describeEndpoints } from '../endpoints.ts'
import { startKubernetesApi } from '../kubernetes-api/start-kubernetes-api.ts'
import { lines } from '../terminal-text.ts'
import { watchLiveState } from '../live-state.ts'
import { followPlan } from '../manifests/follow-plan.ts'
import { type LoadResult, loadPlan } from '../manifests/load-plan.ts'
import type { Plan } from '../manifests/plan.ts'
import { formatProblems } from '../manifests/problem.ts'
import { manifestPathsIn } from '../manifest-paths.ts'
import { partsOf } from '../parts.ts'
import { killLeftovers } from '../parts/leftovers.ts'
import { assignPorts, checkPorts } from '../parts/ports.ts'
import { openServicePorts } from '../parts/service-ports.ts'
import { openProcesses, type Processes } from '../parts/processes.ts'
import { startProgress } from '../parts/progress.ts'
import { openStateFolder } from '../parts/state-folder.ts'
import { lockState } from '../parts/state-lock.ts'
import type { Project, Tables } from '../project.ts'
import { readSettings, type Settings } from './settings.ts'
import { type Stack, startStack, type StopOrder, stopOrder } from '../stack.ts'
import { writeServiceFile } from '../parts/postgres-service.ts'
import { statusScreen } from './status-screen.ts'
import { functionOf } from '../serving/environment.ts'
import { type FileWatch, watchFiles } from '../watch-files.ts'
import { watchTypes } from '../watch-types.ts'

/** One Ctrl-C comes twice under npm: from the terminal, and passed on by npm. */
const samePressMs = 500
const loadOptions = { complete: true }

const write = (line: string) => void process.stdout.write(`${line}\n`)
/** For the merged logs: what main says stands beside what its parts say. */
const keep = (msg: string) => processes?.log('main', JSON.stringify({ level: 30, time: Date.now(), msg }))
const progress = startProgress(line => {
  write(lines(line))
  keep(line.trimStart())
})
const report = (sentence: string) => {
  if (killed) return
  write(`${new Date().toTimeString().slice(0, 8)}  ${lines(sentence)}`)
  keep(sentence)
}

type Stop = () => Promise<unknown>
/** What has to be undone, newest first; before the parts of the stack, and after them. */
const stopsBefore: Stop[] = []
const stopsOfStack = new Map<StopOrder, Stop>()
const stopsAfter: Stop[] = []
let processes: Processes | undefined
let stopRequestedAt: number | undefined
let killed = false

/** Runs until a signal ends the process; once in a process. */
export async function runDev(project: Project, args: readonly string[]): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void onSignal())
  process.on('uncaughtException', error => void fail(error))
  const settings = readSettings(args, process.env)
  if (settings === 'help') process.exit(0)
  await main(project, settings).catch(fail)
}

async function main(project: Project, settings: Settings): Promise<void> {
  const { stateDirectory, portBase, clean, inspect: inspected, typecheck } = settings
  const manifestRoot = settings.manifestRoot ?? project.directory
  process.chdir(project.directory)
  await openStateFolder(stateDirectory)
  const lock = await lockState(stateDirectory)
  stopsAfter.push(lock.release)
  const leftovers = await killLeftovers(stateDirectory)
  if (leftovers > 0) progress.say(`${leftovers} processes of an earlier run were still there and have been ended`)
  const endpointsFile = createEndpointsFile(stateDirectory)
  await endpointsFile.remove() // of a run that was killed
  if (clean) await removeState(stateDirectory)

  const manifestPaths = manifestPathsIn(project, manifestRoot)
  const loaded = await readPlan(manifestPaths)
  let { plan } = loaded
  checkInspected(inspected, plan)
  const ports = assignPorts(portBase)
  const servicePorts = await openServicePorts(stateDirectory, ports.firstService)
  await checkPorts(ports, await servicePorts.assign(plan.services.map(({ name }) => name)))
  const opened = openProcesses(stateDirectory)
  processes = opened
  stopsAfter.push(opened.close)

  const stack = await startStack({
    project,
    plan,
    ports,
    servicePorts,
    stateDirectory,
    inspect: inspected,
    processes,
    progress,
    report,
    pidChanged: endpointsFile.refresh,
    started: (name, undo) => stopsOfStack.set(name, undo)
  })
  if (stopRequestedAt !== undefined) return

  const manifests = await followPlan({
    paths: manifestPaths,
    loaded,
    options: async () => loadOptions,
    async apply(edited) {
      plan = edited
      await stack.apply(edited)
      endpointsFile.refresh()
    },
    report
  })
  stopsBefore.push(manifests.close)
  if (project.tables) stopsBefore.push((await watchMigrations(project.tables, stack)).close)
  const live = watchLiveState(stack, () => plan)
  stopsBefore.push(async () => live.stop())
  const kubernetes = await startKubernetesApi({
    port: ports.kubernetesApi,
    plan: () => plan,
    state: live.state,
    kubeconfigPath: join(stateDirectory, 'kubeconfig')
  })
  stopsBefore.push(kubernetes.stop)
  const control = await startControl(ports.control, () => partsOf(stack), stack.topics.status, report)
  stopsBefore.push(control.close)
  const endpoints = () => describeEndpoints({ stack, plan, control, stateDirectory, manifestRoot })
  const topics = stack.topics.topics()
  const beside = await project.startBeside?.({
    databaseUrl: stack.databaseUrl,
    bootstrap: stack.bootstrap,
    stateDirectory,
    port: ports.beside,
    start: opened.start,
    report
  })
  if (beside) stopsBefore.push(beside.stop)
  stopsBefore.push(endpointsFile.remove)
  await writeServiceFile(stateDirectory, endpoints().postgres.url)
  await endpointsFile.publish(endpoints)
  progress.end()
  if (typecheck) {
    const types = await watchTypes(opened, {
      directory: project.directory,
      sources: [project.sources.directory, ...project.sources.alsoWatched],
      stateDirectory,
      report
    })
    if (types) stopsBefore.push(types.stop)
  }
  const shown = beside?.shown ?? []
  write(
    statusScreen({ project, plan, endpoints: endpoints(), topics, shown, seconds: progress.elapsed(), stateDirectory })
  )
}

function watchMigrations({ migrations }: Tables, stack: Stack): Promise<FileWatch> {
  return watchFiles({
    paths: [migrations],
    recursive: true,
    matches: file => /\.(?:sql|json)$/.test(file),
    changed: () =>
      void stack.migrate().then(
        () => report('the tables are at the newest migration'),
        (error: Error) => report(error.message)
      ),
    failed: error => report(`migrations are no longer watched: ${error.message}`)
  })
}

function checkInspected(name: string | undefined, { services }: Plan): void {
  if (name === undefined || services.some(service => [functionOf(service), service.name].includes(name))) return
  throw new Error(`--inspect ${name}: no function is called that. There are ${services.map(functionOf).join(', ')}.`)
}

async function readPlan(manifestPaths: readonly string[]): Promise<LoadResult & { readonly plan: Plan }> {
  const { plan, ...read } = await loadPlan(manifestPaths, loadOptions)
  if (read.problems.length > 0) write(formatProblems(read.problems, { colour: process.stdout.isTTY }))
  if (!plan) throw new Error('The YAML has errors (above). Nothing was started.')
  return { ...read, plan }
}

/** What `--clean` deletes: only what the runtime itself has made there. */
async function removeState(stateDirectory: string): Promise<void> {
  const made = [
    'postgres',
    'kafka',
    'functions',
    'compile-cache',
    'logs',
    'connect',
    'registry',
    'traces',
    'kubeconfig',
    'data-plane.json',
    'pg_service.conf',
    'service-ports.json',
    'types.tsbuildinfo'
  ]
  await Promise.all(made.map(name => rm(join(stateDirectory, name), { recursive: true, force: true })))
}

async function onSignal(): Promise<void> {
  const now = performance.now()
  if (stopRequestedAt === undefined) {
    write('\nStopping; Ctrl-C again kills at once.')
    await stop()
    write(`Stopped in ${((performance.now() - now) / 1_000).toFixed(1)} s.`)
    process.exit(0)
  }
  if (now - stopRequestedAt < samePressMs) return
  write('Killed.')
  killed = true
  processes?.killAll()
  await Promise.allSettled(stopsAfter.map(undo => undo()))
  process.exit(130) // what a shell answers for a program ended by Ctrl-C
}

/** Nothing that was started may outlive a failure. */
async function fail(error: unknown): Promise<void> {
  if (stopRequestedAt !== undefined) return // what is being stopped may fail
  const isExpected = error instanceof Error && !(error instanceof TypeError || error instanceof ReferenceError)
  process.stderr.write(`\n${isExpected ? error.message : inspect(error)}\n`)
  await stop()
  process.exit(1)
}

async function stop(): Promise<void> {
  stopRequestedAt = performance.now()
  progress.end()
  await undoAll(stopsBefore)
  for (const together of stopOrder) {
    await Promise.all(together.map(name => undoOne(stopsOfStack.get(name))))
  }
  processes?.killAll() // what was still starting
  await undoAll(stopsAfter)
}

async function undoAll(stops: Stop[]): Promise<void> {
  for (let undo = stops.pop(); undo; undo = stops.pop()) await undoOne(undo)
}

async function undoOne(undo: Stop | undefined): Promise<void> {
  try {
    await undo?.()
  } catch (error) {
    report(`not stopped in order: ${error instanceof Error ? error.message : error}`)
  }
}
