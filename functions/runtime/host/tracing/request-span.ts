// The span of a request: under the caller's, or under the event's where the header is another event's.
import type { IncomingHttpHeaders } from 'node:http'
import type { FunctionAnswer, FunctionRequest } from '../http-server.ts'
import { traceId } from '../trace.ts'
import { names } from './attribute-names.ts'
import { failOfAnswer, inSpan } from './spans.ts'

/** https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span */
export function inRequestSpan(
  request: FunctionRequest,
  answer: (request: FunctionRequest) => Promise<FunctionAnswer>
): Promise<FunctionAnswer> {
  const { method, path, headers } = request
  return inSpan(method, { kind: 'server', parent: parentOf(headers) }, async span => {
    const given = await answer(request)
    if (span) {
      span.set({ [names.httpMethod]: method, [names.urlPath]: path })
      failOfAnswer(span, given.status)
    }
    return given
  })
}

/**
 * An event's own attribute says which trace it is of; the header says who sent the request, as long as it is of that trace.
 * Knative's dispatcher sends several events at once, and the header may be another one's.
 */
export function parentOf({ traceparent, 'ce-traceparent': own }: IncomingHttpHeaders): string | undefined {
  const [ofRequest, ofEvent] = [traceId(traceparent?.toString()), traceId(own?.toString())]
  const isOfEvent = ofEvent !== undefined && ofRequest !== ofEvent
  return (isOfEvent ? own : traceparent)?.toString()
}
