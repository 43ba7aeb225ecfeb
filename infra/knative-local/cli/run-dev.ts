import type { Project } from '../project.ts'

/** Runs a project's whole system until a signal ends the process; once in a process. `args` are the flags of the command line. */
export async function runDev(project: Project, args: readonly string[]): Promise<void> {
  const dev = await import('./dev.ts') // loaded when it runs: it is most of the runtime
  await dev.runDev(project, args)
}
