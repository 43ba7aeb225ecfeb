// One budget for what travels in HTTP headers, on the whole way of an event:
//
//   ingress ─▶ record ─▶ request ─▶ function
//                           └─ failed ─▶ dead letter ─▶ KafkaSink ─▶ record ─▶ request ─▶ function
//
// Where an event comes in, it is refused with 400 unless all of that can carry it. A dead letter adds where and how the delivery
// failed, within a share of its own; servers take a letter, and what trace context and proxies add. Knative's own receivers take
// 8 KiB of headers, so that what is accepted there is about the same; README.md says what to set in a cluster for the rest.
import { attribute, type CloudEvent } from './cloud-event.ts'
import { isDeeperThan } from './json-depth.ts'
import { MAX_DEPTH } from './json-text.ts'
import { isJson } from './structured-event.ts'

export interface HeaderBudget {
  readonly bytes: number
  readonly extensions: number
}

export const eventBudget: HeaderBudget = { bytes: 8 * 1024, extensions: 64 }

/** With all else a request has, below the 100 headers that Envoy, Knative's usual gateway, takes by default. */
export const letterBudget: HeaderBudget = { bytes: 16 * 1024, extensions: 80 }

/** For servers that receive events: a letter, 4 KiB of tracestate, 8 KiB of baggage, and 4 KiB of all else. */
export const MAX_REQUEST_HEADER_BYTES = 32 * 1024

/**
 * Senders send no more, although the original does: a server resets the connection before a large request has been written, its 431
 * is not seen, and the delivery is tried again for minutes. Envoy, in front of every Service of Knative, takes 60 KiB.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto
 */
export const MAX_SENT_HEADER_BYTES = 60 * 1024

export const contextAttributes = ['id', 'source', 'type', 'datacontenttype', 'dataschema', 'subject', 'time'] as const

/** What a header can carry as it is: printable Latin-1 and tabs. What is above Latin-1 is sent as question marks. */
// oxlint-disable-next-line no-control-regex
const control = /[\0-\x08\x0a-\x1f\x7f]/

export function hasControlCharacter(value: string): boolean {
  return control.test(value)
}

/** `ce-name: value` and the end of the line. */
export function headerBytes(name: string, value: string): number {
  return 'ce-'.length + name.length + ': '.length + value.length + '\r\n'.length
}

/** Why no request can carry the event, as a sentence for its sender; undefined when all can. */
export function whyNotCarried(event: CloudEvent, budget: HeaderBudget): string | undefined {
  const { extensions, data, datacontenttype } = event
  if (extensions.size > budget.extensions) {
    return `the event has ${extensions.size} extension attributes; at most ${budget.extensions} are taken`
  }
  let bytes = 0
  for (const [name, value] of attributesOf(event)) {
    if (control.test(value)) return `attribute ${name} has a control character, which no HTTP header can carry`
    bytes += headerBytes(name, value)
  }
  if (bytes > budget.bytes) {
    return `the attributes take ${bytes} bytes as HTTP headers; at most ${budget.bytes} are taken. Put what is large into the data`
  }
  if (data !== null && isJson(datacontenttype) && isDeeperThan(data, MAX_DEPTH)) {
    return `the JSON data is nested deeper than ${MAX_DEPTH} levels`
  }
  return undefined
}

/** All that become headers, as text. */
export function* attributesOf(event: CloudEvent): Iterable<readonly [name: string, value: string]> {
  for (const name of contextAttributes) {
    const value = attribute(event, name)
    if (value !== undefined) yield [name, value]
  }
  for (const [name, value] of event.extensions) yield [name, String(value)]
}
