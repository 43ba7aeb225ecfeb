// The console beside a stack that runs here: a process of its own that gives way to the others, so that it neither slows nor ends the
// stack.
import { join } from 'node:path'
import type { Project } from '../knative-local/index.ts'

type Beside = Parameters<NonNullable<Project['startBeside']>>[0]

const stopTimeoutMs = 2_000

export function startConsole({
  start,
  stateDirectory,
  port,
  report
}: Pick<Beside, 'start' | 'stateDirectory' | 'port' | 'report'>) {
  const running = start({
    name: 'console',
    command: process.execPath,
    args: [join(import.meta.dirname, 'server/main.ts'), '--state', stateDirectory, '--port', String(port)],
    nice: 10,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }
  })
  let isStopping = false
  const watchEnd = async () => {
    const { code, signal } = await running.exited
    if (!isStopping) report(`the console has ended (${signal ?? code}); npm run console starts it again`)
  }
  void watchEnd()
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      isStopping = true
      await running.stop(stopTimeoutMs)
    }
  }
}
