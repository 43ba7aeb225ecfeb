// How busy the machine was, all of it: what is measured shares it with what measures.
import { cpus } from 'node:os'

export interface CpuTimes {
  readonly busyMs: number
  readonly allMs: number
}

/** Of all cores, since the machine started. */
export function cpuTimes(): CpuTimes {
  const times = cpus().map(cpu => cpu.times)
  const allMs = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0)
  const idleMs = times.reduce((sum, { idle }) => sum + idle, 0)
  return { busyMs: allMs - idleMs, allMs }
}

/** From 0 to 1. */
export function busyShare(before: CpuTimes, after: CpuTimes): number {
  return (after.busyMs - before.busyMs) / Math.max(1, after.allMs - before.allMs)
}
