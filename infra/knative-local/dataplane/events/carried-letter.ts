// A dead letter has to arrive, whatever its event was like: it is the last copy that somebody will read. The original sends it
// with the attributes that no request could carry before, fails again, and commits.
import type { CloudEvent } from './cloud-event.ts'
import { attributesOf, hasControlCharacter, headerBytes, letterBudget } from './header-budget.ts'
import { isDeeperThan } from './json-depth.ts'
import { MAX_DEPTH } from './json-text.ts'
import { isJson } from './structured-event.ts'

/** Names what was left out, as far as that is short. */
const LEFT_OUT = 'knativeerrorleftout'
const MAX_LEFT_OUT_LENGTH = 256
const kept = new Set([
  'knativeerrordest',
  'knativeerrorcode',
  'knativekafkapartition',
  'knativekafkaoffset',
  // What makes the event the one that it is.
  'id',
  'source',
  'type',
  'datacontenttype',
  'time'
])

/** One of those that is longer is cut: together they fit. */
const MAX_KEPT_LENGTH = 1024

/**
 * Control characters are percent-encoded, and what makes the event the one that it is is cut where it is long; then the largest
 * attributes are left out until the rest fits. The data stays, as bytes where its content type would have it read.
 */
export function carriedLetter(letter: CloudEvent): CloudEvent {
  return withinBudget(cut(withoutControlCharacters(asBytes(letter))))
}

/** A sink would take data that is called an event as the event, and refuses JSON that is too deep to be read. */
function asBytes(letter: CloudEvent): CloudEvent {
  const { data, datacontenttype = '' } = letter
  const isEvent = datacontenttype.toLowerCase().startsWith('application/cloudevents')
  const isTooDeep = data !== null && isJson(letter.datacontenttype) && isDeeperThan(data, MAX_DEPTH)
  return isEvent || isTooDeep ? { ...letter, datacontenttype: 'application/octet-stream' } : letter
}

function cut(letter: CloudEvent): CloudEvent {
  const long = Array.from(attributesOf(letter)).filter(
    ([name, value]) => kept.has(name) && value.length > MAX_KEPT_LENGTH
  )
  if (long.length === 0) return letter
  return changed(letter, new Map(long.map(([name, value]) => [name, cutText(value)])))
}

/** Not within a percent escape or a character of two units. */
function cutText(text: string): string {
  return text
    .slice(0, MAX_KEPT_LENGTH)
    .replace(/%[0-9A-Fa-f]?$/, '')
    .toWellFormed()
}

/**
 * A text with a control character is percent-encoded as the HTTP binding says, and a receiver that decodes finds it as it was. All
 * others stay as they are, because the original encodes none.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#3132-http-header-values
 */
function withoutControlCharacters(letter: CloudEvent): CloudEvent {
  const encoded = Array.from(attributesOf(letter)).filter(([, value]) => hasControlCharacter(value))
  if (encoded.length === 0) return letter
  return changed(letter, new Map(encoded.map(([name, value]) => [name, percentEncoded(value)])))
}

function withinBudget(letter: CloudEvent): CloudEvent {
  const attributes = Array.from(attributesOf(letter), ([name, value]) => ({ name, bytes: headerBytes(name, value) }))
  let bytes = attributes.reduce((sum, one) => sum + one.bytes, 0)
  let { size } = letter.extensions
  if (bytes <= letterBudget.bytes && size <= letterBudget.extensions) return letter

  const most = {
    bytes: letterBudget.bytes - headerBytes(LEFT_OUT, '') - MAX_LEFT_OUT_LENGTH,
    size: letterBudget.extensions - 1
  }
  const leftOut: string[] = []
  for (const one of attributes.filter(({ name }) => !kept.has(name)).toSorted((a, b) => b.bytes - a.bytes)) {
    if (bytes <= most.bytes && size <= most.size) break
    leftOut.push(one.name)
    bytes -= one.bytes
    if (letter.extensions.has(one.name)) size--
  }
  const rest = changed(letter, new Map(leftOut.map(name => [name, undefined])))
  return {
    ...rest,
    extensions: new Map(rest.extensions).set(LEFT_OUT, leftOut.join(' ').slice(0, MAX_LEFT_OUT_LENGTH))
  }
}

/** Attributes by their name with another value, or without one. */
function changed(event: CloudEvent, values: ReadonlyMap<string, string | undefined>): CloudEvent {
  const extensions = new Map(event.extensions)
  const attributes: Record<string, string | undefined> = {}
  for (const [name, value] of values) {
    if (!extensions.has(name)) attributes[name] = value
    else if (value === undefined) extensions.delete(name)
    else extensions.set(name, value)
  }
  return { ...event, ...attributes, extensions }
}

function percentEncoded(text: string): string {
  return text.replace(/[^!#$&-~]/gu, character =>
    Array.from(Buffer.from(character), byte => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
  )
}
