// One stack per state folder: a file with the pid of the main that has it, and its command line.
import { called } from '../called.ts'
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
  const content = `${process.pid}\n${await commandOf(process.pid)}\n`
  const take = () => writeFile(file, content, { flag: 'wx' })
  try {
    await take()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const [first = '', command] = (await readFile(file, 'utf8')).split('\n')
    const pid = Number.parseInt(first, 10)
    if (await isMain(pid, command)) throw alreadyRunning(stateDirectory, pid)
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
    `A stack already runs on ${stateDirectory}${pid ? ` (pid ${pid})` : ''}. Stop it with Ctrl-C, or start this one beside it: ${called('dev --state DIR --port-base N')}`
  )
}

/** A pid alone proves nothing: after a crash the system may have given it to another program. */
async function isMain(pid: number, command: string | undefined): Promise<boolean> {
  return !Number.isNaN(pid) && pid !== process.pid && command !== undefined && (await commandOf(pid)) === command
}

/** Undefined when no such process runs. */
async function commandOf(pid: number): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).catch(() => ({
    stdout: ''
  }))
  return stdout.trim().replaceAll('\n', ' ') || undefined
}
