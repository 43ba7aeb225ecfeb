// Checks the types of the functions beside all else: esbuild takes them off without a look. It runs at the lowest priority, on one
// processor, one run at a time, and is only as long in memory as a run takes.
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { Processes, RunningProcess } from './processes/processes.ts'
import { watchFiles } from './watch-files.ts'

export interface TypesOptions {
  /** Holds tsconfig.json and node_modules. */
  readonly directory: string
  /** Folders whose edits are a reason to check again. */
  readonly sources: readonly string[]
  readonly stateDirectory: string
  report(text: string): void
}

export interface TypesWatch {
  stop(): Promise<void>
}

const maxRunMs = 120_000
const maxErrorsShown = 10
/** Of one error: tsc goes from the whole to the part that does not fit. */
const maxReasonLines = 4

/** Undefined where there is no TypeScript to check with. */
export async function watchTypes(processes: Processes, options: TypesOptions): Promise<TypesWatch | undefined> {
  const { directory, sources, stateDirectory, report } = options
  const compiler = join(directory, 'node_modules/typescript/bin/tsc')
  const project = join(directory, 'tsconfig.json')
  if (!(await isThere(compiler)) || !(await isThere(project))) return undefined

  let running: RunningProcess | undefined
  let isWanted = false
  let isStopped = false
  let last = ''

  async function run(): Promise<string> {
    const lines: string[] = []
    running = processes.start({
      name: 'tsc',
      command: process.execPath,
      args: [
        compiler,
        '--project',
        project,
        '--noEmit',
        '--pretty',
        'false',
        '--incremental',
        '--tsBuildInfoFile',
        join(stateDirectory, 'types.tsbuildinfo')
      ],
      cwd: directory,
      env: { PATH: process.env.PATH, GOMAXPROCS: '1' },
      nice: 19,
      onLine: line => void lines.push(line)
    })
    const tooLong = setTimeout(() => void running?.stop(0), maxRunMs)
    const { code } = await running.exited
    await running.written
    clearTimeout(tooLong)
    const errors = errorsIn(lines)
    if (code !== 0 && errors.length === 0) return last // killed, or no memory: nothing is known
    const more = errors.length - maxErrorsShown
    return [...errors.slice(0, maxErrorsShown), ...(more > 0 ? [`and ${more} more: run tsc`] : [])].join('\n')
  }

  async function check(): Promise<void> {
    if (running) return void (isWanted = true) // it is done again then
    const found = await run()
    running = undefined
    if (isStopped) return
    if (isWanted) {
      isWanted = false
      return check()
    }
    if (found !== last) report(found === '' ? 'the types are right again' : `tsc:\n${found}`)
    last = found
  }

  const watch = await watchFiles({
    paths: sources,
    recursive: true,
    matches: file => /\.(?:[cm]?ts|json)$/.test(file),
    changed: () => void check(),
    failed: error => report(`types are no longer checked: ${error.message}`)
  })
  void check()

  return {
    async stop() {
      isStopped = true
      await watch.close()
      await running?.stop(0)
    }
  }
}

/** Each with the indented lines below it, which say why. */
function errorsIn(lines: readonly string[]): string[] {
  const errors: string[][] = []
  for (const line of lines) {
    if (/^\S.*\berror TS\d+:/.test(line)) errors.push([line])
    else if (/^\s+\S/.test(line)) errors.at(-1)?.push(line)
  }
  return errors.map(([error = '', ...reasons]) => [error, ...reasons.slice(0, maxReasonLines)].join('\n'))
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false
  )
}
