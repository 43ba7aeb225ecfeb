// One event’s way without Kafka, for a test that a server takes whatever the data plane sends.
export { brokerIngress, listen } from './dataplane/ingress.ts'
export type { NewRecord } from './dataplane/event-to-record.ts'
export { dispatch, type Outcome, type Sinks } from './dataplane/dispatch.ts'
export { createHttpSender } from './dataplane/http-sender.ts'
export { eventBudget, type HeaderBudget, letterBudget, MAX_REQUEST_HEADER_BYTES } from './dataplane/header-budget.ts'
export { startActivator } from './serving/activator.ts'
