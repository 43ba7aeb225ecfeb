// A data plane of the scenario's own on the stack's YAML. What it delivers is counted here and not in it, so that nothing is
// forgotten when it is killed.
import { type DataPlaneMember, startDataPlaneMember } from '../../chaos/data-plane-member.ts'
import { type Answer, startForwardingProxy } from '../../chaos/forwarding-proxy.ts'
import type { Delivery, DeliveryLog } from './delivery-log.ts'
import type { Stage } from './stage.ts'

/** Passes a delivery on. Without an answer the member hears nothing. */
export type PassOn = (delivery: Delivery, forward: () => Promise<Answer>) => Promise<Answer | undefined>

/** Stopped with the scenario, if not before. */
export async function startCountedMember(
  { processes, endpoints, plan, undo }: Stage,
  log: DeliveryLog,
  name: string,
  passOn: PassOn = (_, forward) => forward()
): Promise<DataPlaneMember> {
  const member = await startDataPlaneMember(processes, endpoints, plan, {
    name,
    proxy: target =>
      startForwardingProxy(target, async (headers, forward) => {
        const delivery = log.begin(name, headers)
        if (!delivery) return forward()
        return passOn(delivery, async () => {
          const answer = await forward()
          delivery.done = answer.status < 300
          return answer
        })
      })
  })
  undo(name, () => member.stop())
  return member
}
