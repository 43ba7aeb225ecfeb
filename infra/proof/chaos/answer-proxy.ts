// Breaks the answer of a function, never the request: the function has done its work and committed it when the caller hears
// nothing, or hears it late.
import { setTimeout as sleep } from 'node:timers/promises'
import { type ForwardingProxy, startForwardingProxy } from './forwarding-proxy.ts'

export type AnswerMode = 'pass' | 'lose' | 'slow'

export interface AnswerProxy extends ForwardingProxy {
  /** Requests that were passed on; answers that were lost or held up. */
  readonly counts: { passed: number; broken: number }
}

const slowMs = 1_500
/** Events remembered, so that an answer is lost once and its repetition is not. */
const maxRemembered = 100_000

export async function startAnswerProxy(target: string, mode: AnswerMode): Promise<AnswerProxy> {
  const counts = { passed: 0, broken: 0 }
  const lost = new Set<string>()

  const proxy = await startForwardingProxy(target, async (headers, forward) => {
    const answer = await forward()
    counts.passed++
    const event = `${headers['ce-source']} ${headers['ce-id']}`
    if (mode === 'lose' && !lost.has(event) && lost.size < maxRemembered) {
      lost.add(event)
      counts.broken++
      return undefined
    }
    if (mode === 'slow') {
      counts.broken++
      await sleep(slowMs)
    }
    return answer
  })
  return { ...proxy, counts }
}
