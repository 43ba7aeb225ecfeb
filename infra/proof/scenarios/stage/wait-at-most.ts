// Waits for what a claim is about to say: when it does not come, the claim says so with its figures.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Stage } from './stage.ts'

/** Whether it came in time. @throws when the scenario is stopped */
export async function waitAtMost(
  { signal }: Pick<Stage, 'signal'>,
  timeoutMs: number,
  isMet: () => Promise<boolean>,
  everyMs = 50
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while (!(await isMet())) {
    if (performance.now() > deadline) return false
    await sleep(everyMs, undefined, { signal })
  }
  return true
}
