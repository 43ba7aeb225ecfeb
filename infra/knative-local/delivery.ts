// The data plane in a process of one’s own, whole or in steps without Kafka, for a test that a server takes whatever it sends.
export { brokerIngress, listen } from './dataplane/ingress/ingress.ts'
export type { NewRecord } from './dataplane/events/event-to-record.ts'
export { dispatch, type Outcome, type Sinks } from './dataplane/delivery/dispatch.ts'
export { createHttpSender } from './dataplane/delivery/http-sender.ts'
export {
  eventBudget,
  type HeaderBudget,
  letterBudget,
  MAX_REQUEST_HEADER_BYTES
} from './dataplane/events/header-budget.ts'
export { startActivator } from './serving/activator.ts'
export type { DataPlane } from './dataplane/data-plane.ts'
export { anyReference } from './dataplane/plan/resolve.ts'
export { Secrets } from './dataplane/kafka/secrets.ts'
