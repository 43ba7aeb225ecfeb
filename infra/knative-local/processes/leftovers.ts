// What an earlier run on the same state folder left behind, found by the marker that every process of it carries in its
// environment. Recorded pids would not do: the system gives a pid to somebody else.
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { until } from '../until.ts'

export const stateMarker = 'LOCAL_STACK_STATE'

/** Kills them and waits until they are gone; answers how many there were. */
export async function killLeftovers(stateDirectory: string): Promise<number> {
  const pids = await findLeftovers(stateDirectory)
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // gone already
    }
  }
  await until('processes of an earlier run to end', 10_000, async () => {
    return (await findLeftovers(stateDirectory)).length === 0
  })
  return pids.length
}

export async function findLeftovers(stateDirectory: string): Promise<number[]> {
  const marker = `${stateMarker}=${stateDirectory}`
  if (process.platform === 'linux') return findInProc(marker)
  const { stdout } = await promisify(execFile)('ps', ['-axEww', '-o', 'pid=,command='], { maxBuffer: 64 * 1024 * 1024 })
  return stdout
    .split('\n')
    .filter(line => `${line} `.includes(`${marker} `))
    .map(line => Number.parseInt(line, 10))
}

async function findInProc(marker: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const matches = await Promise.all(
    pids.map(async pid => {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '') // gone, or another user's
      return environment.split('\0').includes(marker)
    })
  )
  return pids.filter((_, index) => matches[index]).map(Number)
}
