// The words of a CESQL expression. https://github.com/cloudevents/spec/blob/main/cesql/spec.md

export class CesqlSyntaxError extends Error {
  override name = 'CesqlSyntaxError'
}

export interface Token {
  readonly kind: 'string' | 'integer' | 'identifier' | 'function' | 'keyword' | 'symbol' | 'end'
  /** Keywords in upper case, strings without their quotes. */
  readonly text: string
  readonly at: number
}

const KEYWORDS = new Set(['AND', 'OR', 'XOR', 'NOT', 'LIKE', 'EXISTS', 'IN', 'TRUE', 'FALSE'])

const WORD =
  /\s+|("(?:\\.|""|[^"\\])*"|'(?:\\.|''|[^'\\])*')|([+-]?\d+(?![a-zA-Z0-9]))|([a-zA-Z0-9_]+)|(!=|<>|<=|>=|[()=<>*/%+,-])/y

export function tokenise(expression: string): Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < expression.length; at = WORD.lastIndex) {
    WORD.lastIndex = at
    const match = WORD.exec(expression)
    if (match === null) throw new CesqlSyntaxError(`unexpected ${expression[at]} at ${at}`)
    const [, string, integer, word, symbol] = match
    if (string !== undefined) tokens.push({ kind: 'string', text: unquote(string), at })
    // A sign right before a digit belongs to the number: `1-1` is two numbers, and an error.
    else if (integer !== undefined) tokens.push({ kind: 'integer', text: integer, at })
    else if (word !== undefined) tokens.push(readWord(word, at))
    else if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol, at })
  }
  tokens.push({ kind: 'end', text: 'the end', at: expression.length })
  return tokens
}

function readWord(word: string, at: number): Token {
  const upperCase = word.toUpperCase()
  if (KEYWORDS.has(upperCase)) return { kind: 'keyword', text: upperCase, at }
  if (/^[a-z0-9]+$/i.test(word)) return { kind: 'identifier', text: word, at }
  if (/^[a-z][a-z_]*$/i.test(word)) return { kind: 'function', text: word, at }
  throw new CesqlSyntaxError(`${word} at ${at} is neither an attribute nor a function`)
}

/** Only the quote itself can be escaped; what else follows a backslash stays as it is. */
function unquote(literal: string): string {
  const quote = literal[0] ?? ''
  return literal.slice(1, -1).replaceAll(`\\${quote}`, quote)
}
