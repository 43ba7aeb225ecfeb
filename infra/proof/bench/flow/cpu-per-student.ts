// What one student costs each part in processor time: differences between two looks at /proc, over the students.
import type { Endpoints } from '../../../knative-local/index.ts'
import { functionsPart, partsOf, processTimes } from '../../scenarios/stress/cpu-by-part.ts'

export const bench = 'this benchmark'
export const peerPart = 'plain peer'

/** Milliseconds by part since each of its processes started, those that have ended since the last look too. */
export type CpuByPart = ReadonlyMap<string, number>

/** Empty where there is no /proc. */
export async function cpuByPart(endpoints: Endpoints, peerPid?: number): Promise<CpuByPart> {
  const { kafka, postgres, connect, registry, dataplane, control, functions, traces } = endpoints
  const known: readonly (readonly [number | null, string])[] = [
    ...kafka.brokers.map(({ pid }) => [pid, 'brokers'] as const),
    ...Object.entries(functions).map(([name, { pid }]) => [pid, name] as const),
    [postgres.pid, 'PostgreSQL'],
    [connect.pid, 'Connect'],
    [dataplane.pid, 'data plane'],
    [registry.pid, 'registry'],
    [traces?.pid ?? null, 'traces'],
    [control.pid, 'runtime and activator'],
    [process.pid, bench],
    [peerPid ?? null, peerPart]
  ]
  const parts = new Map(known.flatMap(([pid, part]) => (pid === null ? [] : [[pid, part] as const])))
  const byPart = new Map<string, number>()
  const processes = partsOf(await processTimes(), { parts, runtime: control.pid, self: process.pid })
  const add = (part: string, ms: number) => byPart.set(part, (byPart.get(part) ?? 0) + ms)
  for (const [pid, { part, ms, endedMs }] of processes) {
    add(part, ms)
    add(pid === control.pid ? functionsPart : part, endedMs)
  }
  return byPart
}

export interface Cost {
  /** Milliseconds a student, largest first; without what the benchmark itself took. */
  readonly parts: readonly (readonly [part: string, ms: number])[]
  readonly totalMs: number
  readonly benchMs: number
}

export function costOf(before: CpuByPart, after: CpuByPart, students: number): Cost {
  const ms = (part: string) => ((after.get(part) ?? 0) - (before.get(part) ?? 0)) / Math.max(1, students)
  const parts = Array.from(after.keys(), part => [part, ms(part)] as const)
    .filter(([part]) => part !== bench)
    .toSorted(([, a], [, b]) => b - a)
  return { parts, totalMs: parts.reduce((sum, [, one]) => sum + one, 0), benchMs: ms(bench) }
}
