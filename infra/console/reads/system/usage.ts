// Processor time and memory of the parts over time.
import { z } from 'zod'
import { usageOf, type Usage } from './process-usage.ts'
import { defineRead } from '../read.ts'
import { startSampler, type Sampler } from './sampler.ts'

export interface UsageSample {
  readonly atMs: number
  /** By name of the part. */
  readonly parts: ReadonlyMap<string, Usage>
}

/** `pids` are those of the parts that run now, by name. */
export function watchUsage(pids: () => Promise<ReadonlyMap<string, number>>): Sampler<UsageSample> {
  return startSampler(async () => {
    const running = await pids()
    const usage = await usageOf([...running.values()])
    const atMs = Date.now()
    const parts = [...running].flatMap(([name, pid]): [string, Usage][] => {
      const found = usage.get(pid)
      return found ? [[name, found]] : []
    })
    return { atMs, parts: new Map(parts) }
  })
}

export interface PartUsage {
  readonly name: string
  /** Percent of one core, between a look and the one before; null while it did not run. */
  readonly cpu: readonly (number | null)[]
  readonly memoryMb: readonly (number | null)[]
}

const shownSamples = 150

export const usage = defineRead({
  description: 'Processor time and memory of each part over the last minutes; on this machine only.',
  input: z.object({ part: z.string().optional() }),
  async run(sources, { part }): Promise<{ readonly at: readonly number[]; readonly parts: readonly PartUsage[] }> {
    if (sources.usage === undefined) return { at: [], parts: [] }
    await sources.usage.latest()
    // One more than is shown: processor time is a difference.
    const samples = sources.usage.history().slice(-shownSamples - 1)
    const names = [...new Set(samples.flatMap(({ parts }) => [...parts.keys()]))]
    const shown = samples.slice(1)
    return {
      at: shown.map(({ atMs }) => atMs),
      parts: names
        .filter(name => part === undefined || name === part)
        .map(name => ({
          name,
          cpu: shown.map((sample, index) => cpuBetween(samples[index], sample, name)),
          memoryMb: shown.map(({ parts }) => inMb(parts.get(name)?.memoryBytes))
        }))
    }
  }
})

function cpuBetween(before: UsageSample | undefined, after: UsageSample, name: string): number | null {
  const [from, to] = [before?.parts.get(name), after.parts.get(name)]
  if (before === undefined || from === undefined || to === undefined || to.cpuMs < from.cpuMs) return null // another process
  return Math.round(((to.cpuMs - from.cpuMs) / (after.atMs - before.atMs)) * 1_000) / 10
}

function inMb(bytes: number | undefined): number | null {
  return bytes === undefined ? null : Math.round(bytes / 100_000) / 10
}
