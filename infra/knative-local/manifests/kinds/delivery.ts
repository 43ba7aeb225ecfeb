// Delivery settings: what may be written, and what Knative's control plane makes of it.
// https://github.com/knative-extensions/eventing-kafka-broker/blob/knative-v1.23.0/control-plane/pkg/core/config/utils.go
import { z } from 'zod'
import { failsLater } from './consequence.ts'
import { destinationSchema, sourceDeadLetterSinkSchema, toDestination } from './destination.ts'
import { meantDuration, parseDuration } from './duration.ts'
import type { Delivery } from '../plan.ts'
import { object, refined, rule, type Report } from '../schema.ts'

/** Of the data plane, where no timeout is given. */
const defaultTimeoutMs = 600_000
/** Of the control plane, where retry is given without backoffDelay. */
const defaultBackoffDelayMs = 200
/** A timer of 0 ms is an error in the data plane: the event goes to the dead letter sink without a retry. */
const minBackoffDelayMs = 100

/** A KafkaSource without delivery. */
export const sourceDefaults: Delivery = {
  retry: 10,
  backoffPolicy: 'exponential',
  backoffDelayMs: 300,
  timeoutMs: defaultTimeoutMs
}
/** A Broker without delivery, from the ConfigMap config-br-defaults that Knative installs. */
export const brokerDefaults: Delivery = {
  retry: 10,
  backoffPolicy: 'exponential',
  backoffDelayMs: 200,
  timeoutMs: defaultTimeoutMs
}

/** The webhook does not look at a KafkaSource's delivery: the error shows only in its status. */
export const sourceDeliverySchema = rule(
  object({
    ...deliveryFields(failsLater('failed to reconcile consumer group')),
    deadLetterSink: sourceDeadLetterSinkSchema.optional()
  }),
  checkOverflow
)
export const deliverySchema = rule(
  object({
    ...deliveryFields(''),
    deadLetterSink: destinationSchema.optional(),
    format: z.enum(['json', 'binary']).optional()
  }),
  checkOverflow
)

export type DeliveryInput = z.output<typeof deliverySchema> | z.output<typeof sourceDeliverySchema>

function deliveryFields(consequence: string) {
  const duration = (allowZero: boolean) =>
    refined(z.string(), text => {
      const parsed = parseDuration(text)
      const meant = meantDuration(text)
      if ('refused' in parsed) {
        return `invalid value: "${text}" is not an ISO 8601 duration (${parsed.refused})${meant === undefined ? '' : `; write ${meant}`}${consequence}`
      }
      if (!allowZero && 'ms' in parsed && parsed.ms === 0) {
        return `invalid value: "${text}" is zero, at least PT0.1S is expected${consequence}`
      }
      return undefined
    })
  return {
    retry: refined(z.int32(), retry =>
      retry < 0 ? `invalid value: ${retry}; write 0 for no retries${consequence}` : undefined
    ).optional(),
    backoffPolicy: refined(z.string(), policy =>
      policy === 'linear' || policy === 'exponential'
        ? undefined
        : `invalid value: "${policy}"; use linear or exponential${consequence}`
    ).optional(),
    backoffDelay: duration(true).optional(),
    timeout: duration(false).optional(),
    retryAfterMax: refined(
      z.string(),
      () => `must not be set: Knative's Kafka data plane does not read Retry-After${consequence}`
    ).optional()
  }
}

/** The webhook carries seconds over into minutes, the controller does not. */
function checkOverflow(
  { retry, backoffDelay, timeout }: { retry?: unknown; backoffDelay?: unknown; timeout?: unknown },
  report: Report
): void {
  const check = (field: string, text: unknown) => {
    const parsed = typeof text === 'string' ? parseDuration(text) : { ms: 0 }
    if (!('overflow' in parsed)) return
    report(
      [field],
      `"${String(text)}" has a number over 3276; write ${parsed.overflow}${failsLater('integer overflow')}`
    )
  }
  // Without retry the controller does not read the delay.
  if (retry !== undefined) check('backoffDelay', backoffDelay)
  check('timeout', timeout)
}

/** Follows EgressConfigFromDelivery: what is absent is not merged with any default but those of the data plane. */
export function toDelivery(input: DeliveryInput, namespace: string): Delivery {
  const retry = input.retry ?? 0
  const deadLetterSink = input.deadLetterSink && toDestination(input.deadLetterSink, namespace)
  return {
    retry,
    backoffPolicy: input.backoffPolicy === 'linear' ? 'linear' : 'exponential',
    backoffDelayMs: input.retry === undefined ? 0 : (milliseconds(input.backoffDelay) ?? defaultBackoffDelayMs),
    timeoutMs: milliseconds(input.timeout) ?? defaultTimeoutMs,
    ...(deadLetterSink && { deadLetterSink })
  }
}

/** What an author would want to know about settings that are valid. */
export function deliveryWarnings(input: DeliveryInput): { field: string; message: string }[] {
  const warnings: { field: string; message: string }[] = []
  const { retry, backoffDelay, backoffPolicy } = input
  if (retry === undefined) {
    const unread = backoffDelay !== undefined || backoffPolicy !== undefined ? ' and does not read the backoff' : ''
    warnings.push({
      field: '',
      message: `delivery without retry: Knative does not fill in its default here, it tries once only${unread}. Set retry (and backoffPolicy, backoffDelay, timeout)`
    })
  } else if (retry > 0) {
    const delayMs = milliseconds(backoffDelay)
    if (delayMs !== undefined && delayMs < minBackoffDelayMs) {
      warnings.push({
        field: 'backoffDelay',
        message: `${backoffDelay} counts as 0: Knative keeps one decimal of a second, and its data plane cannot wait 0 ms, so no retry is made. Use PT0.1S or more`
      })
    } else if (backoffDelay !== undefined && delayMs !== undefined && writtenMs(backoffDelay) !== delayMs) {
      warnings.push({
        field: 'backoffDelay',
        message: `${backoffDelay} counts as ${delayMs} ms: Knative keeps one decimal`
      })
    }
  }
  return warnings
}

function milliseconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const parsed = parseDuration(text)
  return 'ms' in parsed ? parsed.ms : undefined
}

/** What the seconds of a duration say before Knative drops its further decimals; other units are read as they stand. */
function writtenMs(text: string): number | undefined {
  const match = /^[+-]?PT(\d+[.,]\d{2,})S$/.exec(text)
  if (match === null) return milliseconds(text)
  return Math.round(Number(match[1]?.replace(',', '.')) * 1_000)
}
