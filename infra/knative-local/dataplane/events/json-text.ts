// JSON read and written again as Knative's JSON library does it: compact, members in their order, a repeated name keeps its
// place and takes the last value, and numbers as Java prints them ([1.0,2e3] becomes [1.0,2000.0]). JSON.parse would lose all of that.
import { javaDouble } from './java-double.ts'

export type JsonKind = 'object' | 'array' | 'string' | 'integer' | 'float' | 'boolean' | 'null'

export interface JsonValue {
  readonly kind: JsonKind
  /** The value as compact JSON. */
  readonly text: string
  /** The decoded text of a string. */
  readonly string?: string
}

/** Nesting that Knative's JSON library accepts. */
export const MAX_DEPTH = 1000

/** The members of the object at the start of `text` (what follows the object is ignored, as the original does). */
export function readJsonObject(text: string): Map<string, JsonValue> {
  const reader = new Reader(text)
  reader.skipSpace()
  return reader.object(0)
}

export function writeJsonString(value: string): string {
  // Same escapes as the original's, which writes control characters with upper-case digits.
  return JSON.stringify(value).replace(/\\u00[0-9a-f]{2}/g, escape => `\\u00${escape.slice(4).toUpperCase()}`)
}

/** Texts are put together by +, which copies nothing before the end, so that depth costs no more than length. */
class Reader {
  private at = 0
  private readonly text: string

  constructor(text: string) {
    this.text = text.startsWith('\uFEFF') ? text.slice(1) : text
  }

  skipSpace(): void {
    while (' \t\n\r'.includes(this.text[this.at] ?? 'x')) this.at++
  }

  object(depth: number): Map<string, JsonValue> {
    const members = new Map<string, JsonValue>()
    this.expect('{')
    this.skipSpace()
    if (this.take('}')) return members
    for (;;) {
      this.skipSpace()
      const name = this.string()
      this.skipSpace()
      this.expect(':')
      members.set(name, this.value(depth + 1))
      this.skipSpace()
      if (this.take('}')) return members
      this.expect(',')
    }
  }

  private value(depth: number): JsonValue {
    if (depth > MAX_DEPTH) throw new SyntaxError(`JSON nested deeper than ${MAX_DEPTH}`)
    this.skipSpace()
    const first = this.text[this.at]
    if (first === '{') {
      let members = ''
      for (const [name, value] of this.object(depth)) {
        members += `${members === '' ? '' : ','}${writeJsonString(name)}:${value.text}`
      }
      return { kind: 'object', text: `{${members}}` }
    }
    if (first === '[') return { kind: 'array', text: `[${this.items(depth)}]` }
    if (first === '"') {
      const string = this.string()
      return { kind: 'string', text: writeJsonString(string), string }
    }
    for (const word of ['true', 'false', 'null'] as const) {
      if (!this.text.startsWith(word, this.at)) continue
      this.at += word.length
      return { kind: word === 'null' ? 'null' : 'boolean', text: word }
    }
    return this.number()
  }

  private items(depth: number): string {
    let items = ''
    this.expect('[')
    this.skipSpace()
    if (this.take(']')) return items
    for (;;) {
      items += this.value(depth + 1).text
      this.skipSpace()
      if (this.take(']')) return items
      this.expect(',')
      items += ','
    }
  }

  private string(): string {
    const start = this.at
    this.expect('"')
    for (;;) {
      const character = this.text[this.at]
      if (character === undefined) throw new SyntaxError('JSON string without an end')
      this.at += character === '\\' ? 2 : 1
      if (character === '"') return JSON.parse(this.text.slice(start, this.at)) as string
    }
  }

  private number(): JsonValue {
    const number = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
    number.lastIndex = this.at
    const match = number.exec(this.text)
    if (!match) throw new SyntaxError(`Unexpected ${this.text[this.at] ?? 'end'} in JSON at ${this.at}`)
    this.at = number.lastIndex
    if (/[\w.+-]/.test(this.text[this.at] ?? '')) throw new SyntaxError(`Invalid number in JSON at ${this.at}`)
    if (match[1] === undefined && match[2] === undefined) {
      return { kind: 'integer', text: match[0] === '-0' ? '0' : match[0] }
    }
    const number64 = Number(match[0])
    // Too large for a double: the original writes it as a string.
    return { kind: 'float', text: Number.isFinite(number64) ? javaDouble(number64) : `"${number64}"` }
  }

  private take(character: string): boolean {
    if (this.text[this.at] !== character) return false
    this.at++
    return true
  }

  private expect(character: string): void {
    if (!this.take(character)) throw new SyntaxError(`Expected ${character} in JSON at ${this.at}`)
  }
}
