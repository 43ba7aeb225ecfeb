// An event as the answer to a delivery: a Broker takes it in as if it had been sent there.
// https://github.com/knative/specs/blob/main/specs/eventing/data-plane.md#event-reply-contract
import { v7 as uuidv7 } from 'uuid'
import type { FunctionAnswer } from '../host/http-server.ts'
import { nextTraceparent } from '../host/trace.ts'
import type { EventType } from './event-type.ts'

export interface ReplyOptions {
  readonly subject?: string
  /** Of the reply; the same for each delivery of one event lets its readers recognise a repeat. A new one by default. */
  readonly id?: string
}

export type Reply = <Data, Input>(type: EventType<Data, Input>, input: Input, options?: ReplyOptions) => void

export function createReply({ source, traceparent }: { readonly source: string; readonly traceparent?: string }): {
  readonly reply: Reply
  /** The answer with the event; undefined when there is none. */
  answer(): FunctionAnswer | undefined
} {
  let answer: FunctionAnswer | undefined
  return {
    reply(event, input, { subject, id = uuidv7() } = {}) {
      answer = {
        status: 200,
        headers: {
          'ce-specversion': '1.0',
          'ce-id': encode(id),
          'ce-source': encode(source),
          'ce-type': encode(event.type),
          'ce-time': new Date().toISOString(),
          'ce-traceparent': nextTraceparent(traceparent),
          ...(subject === undefined ? {} : { 'ce-subject': encode(subject) }),
          'content-type': event.contentType
        },
        body: event.encode(event.create(input))
      }
    },
    answer: () => answer
  }
}

/** Of a header value, as the HTTP protocol binding asks: spaces, quotes, percent signs and all that is not ASCII. */
function encode(value: string): string {
  return value.replace(/[^\x21\x23\x24\x26-\x7e]/gu, character => encodeURIComponent(character))
}
