// One stack per state folder: a file with the pid of the main that has it.
import { execFile } from 'node:child_process'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface StateLock {
  release(): Promise<void>
}

/** @throws when another main has the folder; the lock of a main that is gone is taken over */
export async function lockState(stateDirectory: string): Promise<StateLock> {
  await mkdir(stateDirectory, { recursive: true })
  const file = join(stateDirectory, 'main.pid')
  const take = () => writeFile(file, `${process.pid}\n`, { flag: 'wx' })
  try {
    await take()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const pid = Number.parseInt(await readFile(file, 'utf8'), 10)
    if (await isMain(pid)) throw alreadyRunning(stateDirectory, pid)
    // Only one of two that find the same stale lock can move it away; the other one fails here or at `take`.
    await rename(file, `${file}.stale`).catch(() => undefined)
    await rm(`${file}.stale`, { force: true })
    await take().catch(() => {
      throw alreadyRunning(stateDirectory, undefined)
    })
  }
  return { release: () => rm(file, { force: true }) }
}

function alreadyRunning(stateDirectory: string, pid: number | undefined): Error {
  return new Error(
    `A stack already runs on ${stateDirectory}${pid ? ` (pid ${pid})` : ''}. Stop it with Ctrl-C, or start this one beside it: npm run dev -- --state DIR --port-base N`
  )
}

/** A pid alone proves nothing: after a crash the system may have given it to another program. */
async function isMain(pid: number): Promise<boolean> {
  if (Number.isNaN(pid) || pid === process.pid) return false
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)])
    return stdout.includes('cli/dev.ts')
  } catch {
    return false
  }
}
