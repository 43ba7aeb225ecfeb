// A CESQL expression becomes a function of an event. There was no npm package for CESQL; the language is small.
// https://github.com/cloudevents/spec/blob/main/cesql/spec.md
//
// Binding, from the strongest: NOT and unary -, then LIKE and IN, then * / %, then + -, then comparisons, then AND, OR and XOR,
// which are equal and group from the right.
import type { CloudEvent } from '../events/cloud-event.ts'
import { cesqlAttribute } from './attributes.ts'
import { functions } from './functions.ts'
import { compileLike } from './like.ts'
import { CesqlSyntaxError, tokenise, type Token } from './tokens.ts'
import { castTo, parseInteger, toBoolean, toInteger, toText, typeOf, type Result } from './values.ts'

/** Nothing throws when it is evaluated: what fails has the default value of its type. */
export type Expression = (event: CloudEvent) => Result

/** Throws CesqlSyntaxError. */
export function compileCesql(text: string): (event: CloudEvent) => boolean {
  const parser = new Parser(tokenise(text))
  const expression = parser.expression()
  parser.expect('end')
  return event => toBoolean(expression(event).value)
}

type Binary = (left: number, right: number) => number | boolean

const LOGIC = new Set(['AND', 'OR', 'XOR'])
const EQUALITY = new Set(['=', '!=', '<>'])
const ORDER: Readonly<Record<string, Binary>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b
}
const ADDITION: Readonly<Record<string, Binary>> = { '+': (a, b) => (a + b) | 0, '-': (a, b) => (a - b) | 0 }
const MULTIPLICATION: Readonly<Record<string, Binary>> = {
  '*': (a, b) => Math.imul(a, b),
  '/': (a, b) => (b === 0 ? 0 : (a / b) | 0),
  '%': (a, b) => (b === 0 ? 0 : (a % b) | 0)
}

class Parser {
  private readonly tokens: readonly Token[]
  private at = 0

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens
  }

  expression(): Expression {
    const left = this.comparison()
    const operator = this.next()
    if (operator.kind !== 'keyword' || !LOGIC.has(operator.text)) return left
    this.at++
    return logic(operator.text, left, this.expression())
  }

  expect(kind: Token['kind'], text?: string): Token {
    const token = this.next()
    if (token.kind !== kind || (text !== undefined && token.text !== text)) {
      throw new CesqlSyntaxError(`expected ${text ?? kind} instead of ${token.text} at ${token.at}`)
    }
    this.at++
    return token
  }

  private comparison(): Expression {
    let left = this.operators(ADDITION, () => this.operators(MULTIPLICATION, () => this.likeOrIn()))
    for (let operator = this.next(); operator.kind === 'symbol'; operator = this.next()) {
      const order = ORDER[operator.text]
      if (order === undefined && !EQUALITY.has(operator.text)) break
      this.at++
      const right = this.operators(ADDITION, () => this.operators(MULTIPLICATION, () => this.likeOrIn()))
      left = order === undefined ? equality(operator.text === '=', left, right) : integers(order, left, right, false)
    }
    return left
  }

  private operators(known: Readonly<Record<string, Binary>>, operand: () => Expression): Expression {
    let left = operand()
    for (let token = this.next(); token.kind === 'symbol'; token = this.next()) {
      const operator = known[token.text]
      if (operator === undefined) break
      this.at++
      left = integers(operator, left, operand(), 0)
    }
    return left
  }

  private likeOrIn(): Expression {
    let left = this.unary()
    for (;;) {
      const negated = this.isKeyword('NOT')
      const keyword = this.tokens[this.at + (negated ? 1 : 0)]
      if (keyword?.kind !== 'keyword' || !['LIKE', 'IN'].includes(keyword.text)) return left
      this.at += negated ? 2 : 1
      const test = keyword.text === 'LIKE' ? like(left, this.expect('string').text) : isIn(left, this.list())
      left = negated ? not(test) : test
    }
  }

  private unary(): Expression {
    const token = this.next()
    this.at++
    if (token.kind === 'keyword' && token.text === 'NOT') return not(this.unary())
    if (token.kind === 'symbol' && token.text === '-') return negate(this.unary())
    if (token.kind === 'symbol' && token.text === '(') {
      const inner = this.expression()
      this.expect('symbol', ')')
      return inner
    }
    return this.atom(token)
  }

  private atom(token: Token): Expression {
    if (token.kind === 'string') return () => ({ value: token.text })
    if (token.kind === 'integer') return integerLiteral(token)
    if (token.kind === 'keyword' && (token.text === 'TRUE' || token.text === 'FALSE')) {
      return () => ({ value: token.text === 'TRUE' })
    }
    if (token.kind === 'keyword' && token.text === 'EXISTS') {
      const name = this.expect('identifier').text.toLowerCase()
      return event => ({ value: cesqlAttribute(event, name) !== undefined })
    }
    const isCall = this.next().kind === 'symbol' && this.next().text === '('
    if (isCall && (token.kind === 'function' || /^[a-z]+$/i.test(token.text))) return this.call(token)
    if (token.kind === 'identifier') return event => access(event, token.text)
    throw new CesqlSyntaxError(`unexpected ${token.text} at ${token.at}`)
  }

  private call({ text }: Token): Expression {
    const values = this.next(1).text === ')' && this.next(1).kind === 'symbol' ? this.emptyList() : this.list()
    const called = functions.get(text.toUpperCase())
    // Unknown functions, and known ones with another number of arguments, are an error of evaluation: false.
    if (called === undefined || values.length < called.minArguments || values.length > called.maxArguments) {
      return () => ({ value: false })
    }
    return event => ({ value: called.call(values.map(value => value(event).value)) })
  }

  private emptyList(): Expression[] {
    this.at += 2
    return []
  }

  /** One or more, in brackets. */
  private list(): Expression[] {
    this.expect('symbol', '(')
    const items = [this.expression()]
    while (this.next().kind === 'symbol' && this.next().text === ',') {
      this.at++
      items.push(this.expression())
    }
    this.expect('symbol', ')')
    return items
  }

  private next(ahead = 0): Token {
    return this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)] ?? { kind: 'end', text: 'the end', at: 0 }
  }

  private isKeyword(text: string): boolean {
    return this.next().kind === 'keyword' && this.next().text === text
  }
}

function integerLiteral({ text, at }: Token): Expression {
  const value = parseInteger(text)
  if (value === undefined) throw new CesqlSyntaxError(`${text} at ${at} is not a 32-bit integer`)
  return () => ({ value })
}

function access(event: CloudEvent, name: string): Result {
  const value = cesqlAttribute(event, name)
  return value === undefined ? { value: false, missing: true } : { value }
}

function logic(operator: string, left: Expression, right: Expression): Expression {
  const isTrue = (result: Result): Result =>
    typeof result.value === 'boolean' ? result : { value: toBoolean(result.value) }
  if (operator === 'XOR') return event => ({ value: toBoolean(left(event).value) !== toBoolean(right(event).value) })
  const decides = operator === 'OR'
  return event => {
    const first = isTrue(left(event))
    return first.value === decides ? first : isTrue(right(event))
  }
}

function equality(equal: boolean, left: Expression, right: Expression): Expression {
  return event => {
    const a = left(event)
    const b = right(event)
    if (a.missing || b.missing) return { value: false }
    return { value: (castTo(typeOf(b.value), a.value) === b.value) === equal }
  }
}

function integers(
  operator: Binary,
  left: Expression,
  right: Expression,
  withoutAttribute: number | boolean
): Expression {
  return event => {
    const a = left(event)
    const b = right(event)
    if (a.missing || b.missing) return { value: withoutAttribute }
    return { value: operator(toInteger(a.value), toInteger(b.value)) }
  }
}

function not(inner: Expression): Expression {
  return event => {
    const { value, missing } = inner(event)
    return { value: missing ? false : !toBoolean(value) }
  }
}

function negate(inner: Expression): Expression {
  return event => {
    const { value, missing } = inner(event)
    return { value: missing ? 0 : -toInteger(value) | 0 }
  }
}

function like(inner: Expression, pattern: string): Expression {
  const matches = compileLike(pattern)
  return event => ({ value: matches(toText(inner(event).value)) })
}

function isIn(left: Expression, items: readonly Expression[]): Expression {
  return event => {
    const { value } = left(event)
    const type = typeOf(value)
    return { value: items.some(item => castTo(type, item(event).value) === value) }
  }
}
