// Which part of the stack the CPU works for. On Linux, from /proc; elsewhere only the whole is known.
import { readdir, readFile } from 'node:fs/promises'
import { cpuTimes } from '../../bench/cpu-times.ts'
import type { Endpoints } from '../../../knative-local/index.ts'

/** Milliseconds of CPU time since the start of each process or of the machine; only differences mean something. */
export interface CpuUse {
  /** By pid: what it is part of, and how much. */
  readonly processes: ReadonlyMap<number, { readonly part: string; readonly ms: number }>
  readonly busyMs: number
  readonly allMs: number
}

/** What the runtime starts besides the parts that are known: functions, and what builds and checks them. */
export const functionsPart = 'functions'

export interface ProcessTimes {
  readonly pid: number
  readonly parent: number
  readonly ms: number
  /** Of its children that have ended, a backend of PostgreSQL for instance: what they had taken since they began. */
  readonly endedMs: number
}

/** USER_HZ, on every machine that matters: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const tickMs = 10

export async function cpuUse(endpoints: Endpoints): Promise<CpuUse> {
  return { processes: partsOf(await processTimes(), rootsOf(endpoints)), ...cpuTimes() }
}

/** Shares of the whole machine between two looks, from 0 to 1; `other` is what belongs to no part. */
export function cpuShares(before: CpuUse, after: CpuUse): Record<string, number> {
  const allMs = Math.max(1, after.allMs - before.allMs)
  const shares: Record<string, number> = {}
  let known = 0
  for (const [pid, { part, ms }] of after.processes) {
    const share = (ms - (before.processes.get(pid)?.ms ?? 0)) / allMs
    shares[part] = (shares[part] ?? 0) + share
    known += share
  }
  shares.other = Math.max(0, (after.busyMs - before.busyMs) / allMs - known)
  return shares
}

export interface Roots {
  /** By pid. */
  readonly parts: ReadonlyMap<number, string>
  /** The pid of the runtime's main process, which starts all parts: its other children are functions. */
  readonly runtime: number
  /** The pid of this process, which starts k6. */
  readonly self: number
}

/** Each process belongs to the nearest of its ancestors that is known. */
export function partsOf(
  processes: readonly ProcessTimes[],
  { parts, runtime, self }: Roots
): Map<number, { part: string; ms: number; endedMs: number }> {
  const parents = new Map(processes.map(({ pid, parent }) => [pid, parent]))
  const partOf = (pid: number): string | undefined => {
    const own = parts.get(pid)
    if (own !== undefined) return own
    const parent = parents.get(pid)
    if (parent === undefined) return undefined
    if (parent === runtime) return functionsPart
    if (parent === self) return 'k6'
    return partOf(parent)
  }
  return new Map(
    processes.flatMap(({ pid, ms, endedMs }) => {
      const part = partOf(pid)
      return part === undefined ? [] : [[pid, { part, ms, endedMs }] as const]
    })
  )
}

function rootsOf({ kafka, postgres, connect, registry, dataplane, control, traces }: Endpoints): Roots {
  const known: readonly (readonly [number | null, string])[] = [
    ...kafka.brokers.map(({ pid }) => [pid, 'Kafka'] as const),
    [postgres.pid, 'PostgreSQL'],
    [connect.pid, 'Debezium'],
    [dataplane.pid, 'data plane'],
    [registry.pid, 'rest'],
    [traces?.pid ?? null, 'rest'],
    [control.pid, 'rest'],
    [process.pid, 'rest']
  ]
  const parts = new Map(known.flatMap(([pid, part]) => (pid === null ? [] : [[pid, part] as const])))
  return { parts, runtime: control.pid, self: process.pid }
}

export async function processTimes(): Promise<ProcessTimes[]> {
  if (process.platform !== 'linux') return []
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const stats = await Promise.all(pids.map(pid => readFile(`/proc/${pid}/stat`, 'latin1').catch(() => ''))) // gone
  return stats.filter(stat => stat !== '').map(parseStat)
}

/** The name, in parentheses, may hold anything. */
export function parseStat(stat: string): ProcessTimes {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // from the third on
  return {
    pid: Number.parseInt(stat, 10),
    parent: Number(fields[1]),
    ms: (Number(fields[11]) + Number(fields[12])) * tickMs,
    endedMs: (Number(fields[13]) + Number(fields[14])) * tickMs
  }
}
