import type { Project } from '../project.ts'
import { readSettings } from './settings.ts'

/** Runs a project's whole system until a signal ends the process; once in a process. `args` are the flags of the command line. */
export async function runDev(project: Project, args: readonly string[]): Promise<void> {
  const settings = readSettings(args, process.env)
  if (settings === 'help') return
  const { functions } = settings
  const { runStack } = await import('./dev.ts') // loaded when it runs: it is most of the runtime
  await runStack(functions === undefined ? project : otherFunctions(project, functions), settings)
}

function otherFunctions({ withFunctions }: Project, directory: string): Project {
  if (!withFunctions) throw new Error('This project has no functions of its own, and so none in their place.')
  return withFunctions(directory)
}
