// Processor time and memory of processes of this machine.
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

export interface Usage {
  /** Of all cores, since the process began. */
  readonly cpuMs: number
  readonly memoryBytes: number
}

/** By pid; one that has ended is left out. */
export async function usageOf(pids: readonly number[]): Promise<Map<number, Usage>> {
  return process.platform === 'linux' ? fromProc(pids) : fromPs(pids)
}

/** USER_HZ and the size of a page, as on every Linux that Node runs on. */
const [tickMs, pageBytes] = [10, 4_096]

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: its second field is a name in parentheses, which may hold spaces. */
async function fromProc(pids: readonly number[]): Promise<Map<number, Usage>> {
  const read = await Promise.all(
    pids.map(async (pid): Promise<[number, Usage][]> => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
      const fields = stat
        ?.slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number)
      const [user, system, pages] = [fields?.[11], fields?.[12], fields?.[21]]
      if (user === undefined || system === undefined || pages === undefined) return []
      return [[pid, { cpuMs: (user + system) * tickMs, memoryBytes: pages * pageBytes }]]
    })
  )
  return new Map(read.flat())
}

/** On macOS `time` has hundredths of a second: 12:03.45 */
async function fromPs(pids: readonly number[]): Promise<Map<number, Usage>> {
  if (pids.length === 0) return new Map()
  const { stdout } = await promisify(execFile)('ps', ['-o', 'pid=,rss=,time=', '-p', pids.join()]).catch(() => ({
    stdout: ''
  }))
  return new Map(
    stdout.split('\n').flatMap((line): [number, Usage][] => {
      const [, pid, kilobytes, time = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)/.exec(line) ?? []
      const seconds = time
        .split(/[-:]/)
        .reduce((sum, part, index, all) => (all.length === 4 && index === 1 ? sum * 24 : sum * 60) + Number(part), 0)
      return pid === undefined
        ? []
        : [[Number(pid), { cpuMs: seconds * 1_000, memoryBytes: Number(kilobytes) * 1_024 }]]
    })
  )
}
