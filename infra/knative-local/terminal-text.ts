// Text from outside, made safe for a terminal: an event's attribute must not move the cursor, change colours, set the title or
// turn the reading direction of what follows.

/**
 * Control characters (C0, DEL, C1 with the one-byte CSI U+009B), invisible format characters (bidirectional overrides, tags, zero
 * width), separators of lines and paragraphs, and halves of surrogate pairs. The two joiners stay: names and emoji need them.
 * https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
 */
const unsafe = /(?!\u200c|\u200d)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** Of one line. An attribute may be as long as a record. */
const maxShown = 2_000

/** One value on one line: what is unsafe is shown as JSON shows it, `\u001b`. */
export function oneLine(text: string): string {
  return text.replace(unsafe, escaped)
}

/** The same of text that came from outside, as far as a person reads it. */
export function shortLine(text: string): string {
  const shown = oneLine(text.slice(0, maxShown))
  return text.length <= maxShown ? shown : `${shown}… (${text.length} characters)`
}

/** The same for text of several lines, JSON for instance, which stays the same JSON. A tab does no harm. */
export function lines(text: string): string {
  return text.replace(unsafe, character => (character === '\n' || character === '\t' ? character : escaped(character)))
}

/** A value of a log line with every text in it made safe, keys included. Cycles cannot be: it was JSON. */
export function safeJson(value: unknown): unknown {
  if (typeof value === 'string') return oneLine(value)
  if (Array.isArray(value)) return value.map(safeJson)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [oneLine(key), safeJson(member)]))
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
    .map(unit => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('')
}
