// A whole system on this machine, from the same YAML as in a cluster. Flags: settings.ts, or --help.
import { join } from 'node:path'
import { inspect } from 'node:util'
import { unusedPrograms } from '../configuration.ts'
import { startControl, statusOf } from '../control.ts'
import type { Endpoints } from '../endpoints.ts'
import { startKubernetesApi } from '../kubernetes-api/start-kubernetes-api.ts'
import { lines } from '../terminal-text.ts'
import { watchLiveState } from '../live-state.ts'
import { followPlan } from '../manifests/follow-plan.ts'
import { manifestPathsIn } from '../manifest-paths.ts'
import { checkPorts } from '../state/ports.ts'
import { openServicePorts } from '../state/service-ports.ts'
import { openProcesses, type Processes } from '../processes/processes.ts'
import { startProgress } from '../stack/progress.ts'
import type { Project } from '../project.ts'
import { exitStatus, UsageError } from './command-line.ts'
import { readPlan, refuseNothing, refuseUnknownFunction } from './read-plan.ts'
import type { Settings } from './settings.ts'
import { kafkaPart } from '../stack/kafka.ts'
import { postgresPart } from '../stack/postgres.ts'
import { firstServicePort } from '../stack/services.ts'
import { createStack, type Stack } from '../stack/stack.ts'
import { problemsOf } from './show-status.ts'
import { statusScreen } from './status-screen.ts'
import { takeState } from './take-state.ts'
import { watchTypes } from '../watch-types.ts'

/** One Ctrl-C comes twice under npm: from the terminal, and passed on by npm. */
const samePressMs = 500
/** Of main itself, by offset from the base. */
const ownPorts = { control: 2, kubernetesApi: 7, beside: 8 }

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
let stack: Stack | undefined
const stopsAfter: Stop[] = []
let processes: Processes | undefined
let stopRequestedAt: number | undefined
let killed = false

/** Runs until a signal ends the process; once in a process. */
export async function runStack(project: Project, settings: Settings): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void onSignal())
  process.on('uncaughtException', error => void fail(error))
  await main(project, settings).catch(fail)
}

async function main(given: Project, settings: Settings): Promise<void> {
  let project = given
  const { stateDirectory, portBase, clean, inspect: inspected, typecheck } = settings
  const manifestRoot = settings.manifestRoot ?? project.directory
  process.chdir(project.directory)
  const endpointsFile = await takeState({
    stateDirectory,
    clean,
    say: progress.say,
    taken: release => void stopsAfter.push(release)
  })

  const loadOptions = { complete: project.complete === true }
  const loaded = await readPlan(manifestPathsIn(project, manifestRoot), loadOptions)
  let { plan } = loaded
  refuseNothing(plan, project)
  refuseUnknownFunction(inspected, plan)
  const warnOfUnused = newWarnings(report)
  warnOfUnused(unusedPrograms(project.services, plan.services))
  const servicePorts = await openServicePorts(stateDirectory, portBase + firstServicePort)
  const portsOfServices = await servicePorts.assign(plan.services.map(({ name }) => name))
  const opened = openProcesses(stateDirectory)
  processes = opened
  stopsAfter.push(opened.close)

  const running = createStack({
    project,
    plan,
    portBase,
    servicePorts,
    stateDirectory,
    inspect: inspected,
    processes,
    progress,
    report,
    pidChanged: endpointsFile.refresh
  })
  await checkPorts(
    new Map([
      [portBase + ownPorts.control, 'commands'],
      [portBase + ownPorts.kubernetesApi, 'the Kubernetes API'],
      [portBase + ownPorts.beside, 'what runs beside the stack'],
      ...running.ports(),
      ...[...portsOfServices].map(([name, port]) => [port, name] as const)
    ])
  )
  stack = running
  await running.start()
  if (stopRequestedAt !== undefined) return

  let refused: readonly string[] = []
  let read = project
  const manifests = await followPlan({
    paths: () => manifestPathsIn(read, manifestRoot),
    loaded,
    otherFiles: project.written ? [project.written.file] : [],
    async options() {
      read = (await project.written?.read()) ?? project
      return loadOptions
    },
    async apply(edited) {
      plan = edited
      project = read
      warnOfUnused(unusedPrograms(project.services, plan.services))
      await running.apply(edited, project)
      endpointsFile.refresh()
    },
    report,
    refused: why => void (refused = why?.split('\n') ?? [])
  })
  stopsBefore.push(manifests.close)
  const live = watchLiveState(running)
  stopsBefore.push(async () => live.stop())
  const kubernetes = await startKubernetesApi({
    port: portBase + ownPorts.kubernetesApi,
    plan: () => plan,
    state: live.state,
    kubeconfigPath: join(stateDirectory, 'kubeconfig')
  })
  stopsBefore.push(kubernetes.stop)
  const control = await startControl(
    portBase + ownPorts.control,
    running.processes,
    () => ({ ...running.findings(), refusedEdits: [...refused, ...running.refusedEdits()] }),
    report
  )
  stopsBefore.push(control.close)
  const endpoints = (): Endpoints => ({
    ready: true,
    services: {},
    functions: {},
    ...running.endpoints(),
    control: { url: control.url, token: control.token, pid: process.pid },
    kubeconfig: join(stateDirectory, 'kubeconfig'),
    manifestRoot
  })
  const kafka = running.running(kafkaPart)
  const databaseUrl = running.running(postgresPart)?.databaseUrl()
  const beside = await project.startBeside?.({
    databaseUrl,
    bootstrap: kafka?.bootstrap,
    stateDirectory,
    port: portBase + ownPorts.beside,
    start: opened.start,
    report
  })
  if (beside) stopsBefore.push(beside.stop)
  stopsBefore.push(endpointsFile.remove)
  await endpointsFile.publish(endpoints)
  progress.end()
  if (typecheck && project.sources) {
    const types = await watchTypes(opened, {
      directory: project.directory,
      sources: [project.sources.directory, ...project.sources.alsoWatched],
      stateDirectory,
      report
    })
    if (types) stopsBefore.push(types.stop)
  }
  const topics = kafka?.topics.topics() ?? []
  const shown = beside?.shown ?? []
  const problems = problemsOf(await statusOf(running.processes(), { ...running.findings(), refusedEdits: [] }))
  const seconds = progress.elapsed()
  write(statusScreen({ project, plan, endpoints: endpoints(), topics, shown, problems, seconds, stateDirectory }))
}

/** Reports each for as long as it holds once. */
function newWarnings(say: (sentence: string) => void): (now: readonly string[]) => void {
  let known: readonly string[] = []
  return now => {
    for (const warning of now.filter(one => !known.includes(one))) say(warning)
    known = now
  }
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
  process.exit(error instanceof UsageError ? exitStatus.wrongUsage : exitStatus.failed)
}

async function stop(): Promise<void> {
  stopRequestedAt = performance.now()
  progress.end()
  await undoAll(stopsBefore)
  await stack?.stop()
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
