// JSON from outside: strict UTF-8, and no deeper than what walks over it later can take. Checking, printing and storing a
// value are recursive, and a few thousand brackets overflow the stack of any of them.

/** Of arrays and objects within each other. Commands and events need two or three. */
export const maxDepth = 64

const [quote, backslash, openArray, openObject, closeArray, closeObject] = Buffer.from('"\\[{]}')

/** @throws Error in words that follow "the body is": not UTF-8, not JSON, or nested deeper than `maxDepth` */
export function parseJson(bytes: Buffer): unknown {
  if (depthOf(bytes) > maxDepth) throw new Error(`JSON nested more than ${maxDepth} deep`)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new Error('not valid JSON')
  }
}

/** Brackets outside of texts, counted without recursion; of bytes that are no JSON it may be anything. */
function depthOf(bytes: Buffer): number {
  let depth = 0
  let deepest = 0
  let inText = false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (inText) {
      if (byte === backslash) at++
      else if (byte === quote) inText = false
    } else if (byte === quote) inText = true
    else if (byte === openArray || byte === openObject) deepest = Math.max(deepest, ++depth)
    else if (byte === closeArray || byte === closeObject) depth--
  }
  return deepest
}
