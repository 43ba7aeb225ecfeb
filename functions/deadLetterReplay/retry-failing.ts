// Sends events that fail and are tried again to their functions now, instead of at Knative's next try, which may be minutes
// away: after a fix, say. Whoever delivers an event, it has one effect, so that Knative's own try finds it done.
import * as z from 'zod'
import { line } from '../runtime/events/command.ts'
import { findFailures } from '../runtime/delivery/failures.ts'
import type { Database } from '../runtime/host/database.ts'
import { type FailingEvent, findFailing } from './read-failing.ts'
import { sendEvent, type SendResult } from './send-event.ts'
import { inSendSpan } from './send-span.ts'

/** Of all deliveries of one request together. */
const deadlineMs = 20_000
const concurrency = 8

export const RetryCommand = z.strictObject({
  function: line(100).optional(),
  student: line(64).optional(),
  limit: z.int().min(1).max(500).default(100)
})
export type RetryCommand = z.infer<typeof RetryCommand>

/** One student's events go in order, one after the other. */
export async function retryFailing(db: Database, command: RetryCommand, functionUrls: ReadonlyMap<string, string>) {
  const failing = await findFailing(db, command)
  const groups = [
    ...Map.groupBy(inOrder(failing), ({ function: name, entity, eventId }) => `${name} ${entity ?? eventId}`).values()
  ]
  const deadline = AbortSignal.timeout(deadlineMs)
  const retried: object[] = []
  async function sendGroups(): Promise<void> {
    for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
      for (const event of group) {
        const { function: functionName, type, eventId, entity, sequence } = event
        const result = await send(db, event, functionUrls.get(functionName), deadline)
        retried.push({ function: functionName, type, eventId, student: entity, sequence, ...result })
      }
    }
  }
  await Promise.all(Array.from({ length: concurrency }, sendGroups))
  return { count: retried.length, retried }
}

const inOrder = (events: readonly FailingEvent[]) =>
  events.toSorted(
    (a, b) => (a.sequence ?? 0) - (b.sequence ?? 0) || a.firstFailedAt.getTime() - b.firstFailedAt.getTime()
  )

async function send(
  db: Database,
  { function: functionName, source, eventId }: FailingEvent,
  url: string | undefined,
  deadline: AbortSignal
): Promise<SendResult> {
  const unsent = (detail: string) => ({ outcome: 'try-again', status: null, detail }) as const
  if (url === undefined) return unsent(`no address is configured for the function ${functionName}`)
  const { attributes, data, errors = [] } = (await findFailures(db, { functionName, source, eventId })) ?? {}
  if (!attributes || !data) return unsent('it is not kept here; Knative tries it again')
  const failed = async () => errors[0]?.traceparent
  const sending = { what: 'retry', function: functionName, attributes, failed }
  return inSendSpan(sending, () => sendEvent(url, { attributes, data }, deadlineMs, deadline))
}
