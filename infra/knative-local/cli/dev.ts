// A whole system on this machine, from the same YAML as in a cluster. Flags: settings.ts, or --help.
import { unusedPrograms } from '../configuration.ts'
import { statusOf } from '../control.ts'
import type { Endpoints } from '../endpoints.ts'
import { manifestPathsIn } from '../manifest-paths.ts'
import type { Beside, Project, RunsBeside } from '../project.ts'
import { kafkaPart } from '../stack/kafka.ts'
import { postgresPart } from '../stack/postgres.ts'
import type { Stack } from '../stack/stack.ts'
import { watchTypes } from '../watch-types.ts'
import { createEnding, type Ending } from './ending.ts'
import { followEdits } from './follow-edits.ts'
import { createMessages, type Messages } from './messages.ts'
import { openStack } from './open-stack.ts'
import { readPlan, refuseNothing, refuseUnknownFunction } from './read-plan.ts'
import type { Settings } from './settings.ts'
import { problemsOf } from './show-status.ts'
import { statusScreen } from './status-screen.ts'
import { takeState } from './take-state.ts'
import { startToolServers } from './tool-servers.ts'

/** Runs until a signal ends the process; once in a process. */
export async function runStack(project: Project, settings: Settings): Promise<void> {
  const messages = createMessages()
  const ending = createEnding(messages)
  await run(project, settings, messages, ending).catch(ending.fail)
}

async function run(project: Project, settings: Settings, messages: Messages, ending: Ending): Promise<void> {
  const { stateDirectory, portBase, clean, inspect } = settings
  const { print, report, progress } = messages
  const manifestRoot = settings.manifestRoot ?? project.directory
  process.chdir(project.directory)
  const endpointsFile = await takeState({ stateDirectory, clean, say: progress.say, taken: ending.undoEvenKilled })

  const loadOptions = { complete: project.complete === true }
  const loaded = await readPlan(manifestPathsIn(project, manifestRoot), loadOptions)
  const { plan } = loaded
  refuseNothing(plan, project)
  refuseUnknownFunction(inspect, plan)
  const warnOfUnused = newWarnings(report)
  warnOfUnused(unusedPrograms(project.services, plan.services))

  const pidChanged = endpointsFile.refresh
  const given = { project, plan, stateDirectory, portBase, inspect, pidChanged }
  const { stack, processes, ports } = await openStack(given, messages, ending)
  await stack.start()
  if (ending.isRequested()) return

  const edits = await followEdits({
    project,
    manifestRoot,
    loaded,
    loadOptions,
    async apply(edited, editedProject) {
      warnOfUnused(unusedPrograms(editedProject.services, edited.services))
      await stack.apply(edited, editedProject)
      endpointsFile.refresh()
    },
    report
  })
  ending.undo(edits.close)
  const { control, kubeconfig } = await startToolServers(stack, edits, {
    ports,
    stateDirectory,
    opened: ending.undo,
    report
  })
  const { start } = processes
  const beside = await startBeside(edits.project(), stack, { stateDirectory, port: ports.beside, start, report })
  if (beside) ending.undo(beside.stop)
  const endpoints = (): Endpoints => ({
    ready: true,
    services: {},
    functions: {},
    ...stack.endpoints(),
    control: { url: control.url, token: control.token, pid: process.pid },
    kubeconfig,
    manifestRoot
  })
  ending.undo(endpointsFile.remove)
  await endpointsFile.publish(endpoints)
  progress.end()
  const { sources, directory } = edits.project()
  if (settings.typecheck && sources) {
    const folders = [sources.directory, ...sources.alsoWatched]
    const types = await watchTypes(processes, { directory, sources: folders, stateDirectory, report })
    if (types) ending.undo(types.stop)
  }
  const problems = problemsOf(await statusOf(stack.processes(), { ...stack.findings(), refusedEdits: [] }))
  print(
    statusScreen({
      project: edits.project(),
      plan: edits.plan(),
      endpoints: endpoints(),
      topics: stack.running(kafkaPart)?.topics.topics() ?? [],
      shown: beside?.shown ?? [],
      problems,
      seconds: progress.elapsed(),
      stateDirectory
    })
  )
}

/** What the project runs beside a stack that is ready. */
async function startBeside(
  project: Project,
  stack: Stack,
  rest: Omit<Beside, 'databaseUrl' | 'bootstrap'>
): Promise<RunsBeside | undefined> {
  const databaseUrl = stack.running(postgresPart)?.databaseUrl()
  const bootstrap = stack.running(kafkaPart)?.bootstrap
  return project.startBeside?.({ databaseUrl, bootstrap, ...rest })
}

/** Reports each for as long as it holds once. */
function newWarnings(say: (sentence: string) => void): (now: readonly string[]) => void {
  let known: readonly string[] = []
  return now => {
    for (const warning of now.filter(one => !known.includes(one))) say(warning)
    known = now
  }
}
