// A data plane of the scenario's own on the stack's YAML. What it delivers is counted here and not in it, so that nothing is
// forgotten when it is killed.
import { type DataPlaneMember, startDataPlaneMember } from '../../chaos/data-plane-member.ts'
import { type Answer, startForwardingProxy } from '../../chaos/forwarding-proxy.ts'
import { type Delivery, type DeliveryLog, readDelivery } from './delivery-log.ts'
import type { Stage } from './stage.ts'

/** In place of the stack's own data plane, which comes back in the end. */
export async function stopDataPlane({ act, undo }: Stage): Promise<void> {
  undo("the stack's own data plane", () => act('start', 'dataplane'))
  await act('stop', 'dataplane')
}

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
        const delivery = readDelivery(name, log.step, headers)
        if (!delivery) return forward()
        const cameAtMs = performance.now()
        const answered = passOn(delivery, async () => {
          log.add(delivery)
          const answer = await forward()
          delivery.done = answer.status < 300
          return answer
        })
        return answered.finally(() => (delivery.tookMs = performance.now() - cameAtMs))
      })
  })
  undo(name, () => member.stop())
  return member
}
