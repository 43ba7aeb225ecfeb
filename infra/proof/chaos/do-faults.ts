// The faults of a schedule, one after another; those of one moment together, and their recovery is theirs together.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Injector } from './inject.ts'
import type { FaultResult } from './report.ts'
import { type Fault, showFault } from './schedule.ts'

export interface FaultRun {
  readonly injector: Injector
  /** Whether all is as before, in time. `probe` is another number each time. */
  recovers(probe: number): Promise<boolean>
  /** Milliseconds since the run began. */
  elapsed(): number
  /** Ends it early: no further fault is done. */
  readonly signal: AbortSignal
  say(sentence: string): void
}

export async function doFaults(schedule: readonly Fault[], run: FaultRun): Promise<readonly FaultResult[]> {
  const { elapsed, signal, say } = run
  const faults: FaultResult[] = []
  for (const [atMs, together] of Map.groupBy(schedule, fault => fault.atMs)) {
    await sleep(Math.max(0, atMs - elapsed()), undefined, { signal }).catch(() => undefined)
    if (signal.aborted) break
    for (const [index, fault] of together.entries()) {
      say(`${faults.length + index + 1} of ${schedule.length}: ${showFault(fault).trim()}`)
    }
    faults.push(...(await allAtOnce(together, faults.length, run)))
  }
  return faults
}

/** The recovery begins when the last of them is over. */
async function allAtOnce(
  together: readonly Fault[],
  probe: number,
  { injector, recovers, elapsed, signal, say }: FaultRun
): Promise<FaultResult[]> {
  const startedMs = elapsed()
  const done = await Promise.all(
    together.map(async fault => {
      const did = await injector.inject(fault, signal).catch((error: Error) => `failed: ${error.message}`)
      say(`  ${fault.kind}: ${did}`)
      return { fault, startedMs, endedMs: elapsed(), did }
    })
  )
  const overMs = elapsed()
  const recoveryMs = (await recovers(probe)) ? elapsed() - overMs : null
  say(`  ${recoveryMs === null ? 'not recovered in time' : `recovered after ${(recoveryMs / 1_000).toFixed(1)} s`}`)
  return done.map(result => ({ ...result, recoveryMs }))
}
