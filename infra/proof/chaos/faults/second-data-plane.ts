// A second data plane for a while: it takes its share of the partitions, and reaches the functions over answers that are
// lost or late, or over a bad network.
import type { Endpoints } from '../../../knative-local/index.ts'
import type { Plan } from '../../../knative-local/plans.ts'
import type { Processes } from '../../../knative-local/single-parts.ts'
import { type AnswerMode, type AnswerProxy, startAnswerProxy } from '../answer-proxy.ts'
import { startDataPlaneMember } from '../data-plane-member.ts'
import type { ForwardingProxy } from '../forwarding-proxy.ts'
import { type NetworkMode, type NetworkProxy, startNetworkProxy } from '../network-proxy.ts'
import { seededRandom } from '../random.ts'
import { pass } from './last-for.ts'

export interface SecondDataPlane {
  withAnswers(mode: AnswerMode, forMs: number, signal: AbortSignal): Promise<{ passed: number; broken: number }>
  /** Says what became of it. */
  withNetwork(mode: NetworkMode, seed: number, forMs: number, signal: AbortSignal): Promise<string>
  /** Its deliveries so far, which the stack's own data plane does not count. */
  passed(): number
}

export function createSecondDataPlane(processes: Processes, endpoints: Endpoints, plan: Plan): SecondDataPlane {
  let passedSoFar = 0

  async function run(
    forMs: number,
    signal: AbortSignal,
    proxy: (target: string) => Promise<ForwardingProxy>
  ): Promise<void> {
    const second = await startDataPlaneMember(processes, endpoints, plan, { name: 'second-dataplane', proxy })
    await second.consumes(signal)
    await pass(forMs, signal)
    await second.stop()
  }

  /** How many requests went over these proxies; they count among those of the second data plane. */
  function count(proxies: readonly AnswerProxy[]): number {
    const passed = proxies.reduce((sum, { counts }) => sum + counts.passed, 0)
    passedSoFar += passed
    return passed
  }

  return {
    passed: () => passedSoFar,
    async withAnswers(mode, forMs, signal) {
      const proxies: AnswerProxy[] = []
      await run(forMs, signal, async target => {
        const proxy = await startAnswerProxy(target, mode)
        proxies.push(proxy)
        return proxy
      })
      return { passed: count(proxies), broken: proxies.reduce((sum, { counts }) => sum + counts.broken, 0) }
    },
    async withNetwork(mode, seed, forMs, signal) {
      const random = seededRandom(seed)
      const answered: AnswerProxy[] = []
      const networks: NetworkProxy[] = []
      await run(forMs, signal, async target => {
        const counting = await startAnswerProxy(target, 'pass')
        answered.push(counting)
        const network = await startNetworkProxy(counting.url, mode, random)
        networks.push(network)
        return { url: network.url, close: async () => void (await Promise.all([network.close(), counting.close()])) }
      })
      const passed = count(answered)
      const connections = networks.reduce((sum, { counts }) => sum + counts.connections, 0)
      const cut = networks.reduce((sum, one) => sum + one.counts.cut, 0)
      return mode === 'cut'
        ? `${cut} of ${connections} connections of a second data plane were cut, ${passed} deliveries got through`
        : `${passed} deliveries of a second data plane went over a slow network`
    }
  }
}
