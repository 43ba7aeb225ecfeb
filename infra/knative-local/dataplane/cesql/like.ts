/** What Java's `.` does not match. https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/regex/Pattern.html#lt */
const lineTerminators = new Set(['\n', '\r', '\u0085', '\u2028', '\u2029'])

type Token = { readonly any: 'text' | 'character' } | { readonly literal: string }

/**
 * % is any text, _ any one character; both can be escaped by a backslash. Neither matches the end of a line, as in the original.
 * All places of the pattern at which the text so far may end are followed at once, so the time is that of text times pattern.
 */
export function compileLike(pattern: string): (text: string) => boolean {
  const tokens = (pattern.match(/\\[%_]|[\s\S]/gu) ?? []).map(tokenOf)
  return text => {
    let here = new Uint8Array(tokens.length + 1)
    let next = new Uint8Array(tokens.length + 1)
    here[0] = 1
    passEmptyText(here, tokens)
    for (const character of text) {
      next.fill(0)
      for (const [at, token] of tokens.entries()) {
        if (here[at] === 0) continue
        if ('literal' in token) {
          if (token.literal === character) next[at + 1] = 1
        } else if (!lineTerminators.has(character)) {
          next[token.any === 'text' ? at : at + 1] = 1
        }
      }
      passEmptyText(next, tokens)
      ;[here, next] = [next, here]
    }
    return here[tokens.length] === 1
  }
}

function tokenOf(part: string): Token {
  if (part === '%') return { any: 'text' }
  if (part === '_') return { any: 'character' }
  return { literal: part === '\\%' || part === '\\_' ? part.slice(1) : part }
}

/** A % may stand for nothing: whatever ends before it also ends behind it. */
function passEmptyText(places: Uint8Array, tokens: readonly Token[]): void {
  for (const [at, token] of tokens.entries()) {
    if (places[at] === 1 && 'any' in token && token.any === 'text') places[at + 1] = 1
  }
}
