// A letter as a CloudEvent for other tools: the event as it was published, and what the letter knows as extensions.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
import type { IncomingHttpHeaders } from 'node:http'
import type { EventAttributes } from '../runtime/events/received-event.ts'
import type { deadLetters } from '../runtime/tables/letters.ts'
import { traceId } from '../runtime/host/trace.ts'

export const eventFormat = 'application/cloudevents+json'
export const batchFormat = 'application/cloudevents-batch+json'

/** Without `decoded`, which is for searching, and without the edit's bytes. */
export type WholeLetter = Omit<typeof deadLetters.$inferSelect, 'decoded' | 'editedData'>

export type LetterEvent = Readonly<Record<string, string | number>>

/** Whether the caller names the format; a wildcard is answered with the plain JSON, as without the header. */
export function asksFor(format: string, headers: IncomingHttpHeaders): boolean {
  return (headers.accept ?? '').split(',').some(range => {
    const [type = '', ...parameters] = range.split(';').map(part => part.trim().toLowerCase())
    return type === format && !parameters.some(parameter => /^q=0(\.0*)?$/.test(parameter))
  })
}

/**
 * Attributes and bytes are those of the event as it was published, also where it was edited since. What the letter knows is named `letterreason`, `letterstatus` and so on.
 * An event that already has such an attribute, as one made from a letter has, keeps it: then ours are `letter2reason`,
 * all of them, so that those with the highest number are always the ones of this letter.
 */
export function letterAsEvent(letter: WholeLetter): LetterEvent {
  const { attributes, data } = letter
  const prefix = freePrefix(attributes)
  const known = Object.entries(factsOf(letter)).filter(([, value]) => value !== null && value !== '')
  return {
    ...attributes,
    ...Object.fromEntries(known.map(([name, value]) => [`${prefix}${name}`, value])),
    ...(data.length === 0 ? {} : { data_base64: data.toString('base64') })
  }
}

/** Strings, and integers of 32 bits: the types of CloudEvents. An offset has 64. What is not known is left out. */
function factsOf(letter: WholeLetter): Record<string, string | number | null> {
  return {
    id: letter.id,
    function: letter.function,
    class: letter.class,
    reason: letter.reason,
    detail: letter.detail.replace(/\p{Cc}/gu, ' '), // no control characters in an attribute
    status: letter.status,
    state: letter.state,
    origin: letter.origin === 'unverified' ? letter.origin : null,
    attempts: letter.attempts,
    replays: letter.replays,
    topic: letter.topic,
    partition: letter.partition,
    offset: letter.offset === null ? null : String(letter.offset),
    firstfailed: letter.firstFailedAt.toISOString(),
    lastfailed: letter.lastFailedAt.toISOString(),
    closed: letter.closedAt?.toISOString() ?? null,
    edited: letter.editedAt?.toISOString() ?? null,
    traceid: traceId(letter.attributes.traceparent) ?? null
  }
}

function freePrefix(attributes: EventAttributes): string {
  const taken = Object.keys(attributes).flatMap(name => {
    const number = /^letter(\d*)[a-z]/.exec(name)?.[1]
    return number === undefined ? [] : [number === '' ? 1 : Number(number)]
  })
  return taken.length === 0 ? 'letter' : `letter${Math.max(...taken) + 1}`
}
