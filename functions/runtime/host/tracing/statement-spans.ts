// Each statement of a connection as a span of what is under way. Parameters are people's data and are left out.
// https://opentelemetry.io/docs/specs/semconv/db/postgresql/
import type { PoolClient } from 'pg'
import { names } from './attribute-names.ts'
import { childSpan, currentSpan, failedSpan, failWith, type Span } from './spans.ts'

/** Of a statement's text; one that has a name is found by it. */
const maxTextLength = 300
/** Texts that are put together by a request must not fill the memory. */
const maxRemembered = 200

interface Described {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
}

interface Statement {
  readonly name?: string
  readonly text: string
}

/** `begin` goes out with the first statement and is no wait of its own. */
const unseen = new Set(['begin'])
const described = new Map<string, Described>()

/** From then on its statements have spans; those that answer by a callback are the pool's own. */
export function traceStatements(client: PoolClient): void {
  const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>
  const traced = (...args: unknown[]): unknown => {
    const above = currentSpan()
    const statement = above && statementOf(args[0])
    if (!above || statement === undefined || unseen.has(statement.text) || typeof args.at(-1) === 'function')
      return query(...args)
    return above.isSampled
      ? withSpan(statement, () => query(...args))
      : withFailedSpan(above, statement, query(...args))
  }
  Object.assign(client, { query: traced })
}

function withSpan(statement: Statement, send: () => Promise<unknown>): Promise<unknown> {
  const { name, attributes } = describe(statement)
  const span = childSpan(name, { kind: 'client', attributes })
  const answer = send()
  answer.then(
    () => span?.end(),
    (error: unknown) => {
      if (span === undefined) return
      failWith(span, error)
      span.end()
    }
  )
  return answer
}

/** Of a trace that is not sent. */
function withFailedSpan(above: Span, statement: Statement, answer: Promise<unknown>): Promise<unknown> {
  const begunAt = performance.now()
  answer.catch((error: unknown) => {
    const { name, attributes } = describe(statement)
    failedSpan(above, name, { kind: 'client', attributes }, performance.now() - begunAt, error)
  })
  return answer
}

function statementOf(given: unknown): Statement | undefined {
  if (typeof given === 'string') return { text: given }
  return typeof given === 'object' && given !== null && 'text' in given && typeof given.text === 'string'
    ? (given as Statement)
    : undefined
}

function describe({ name, text }: Statement): Described {
  const known = described.get(text)
  if (known !== undefined) return known
  const isNamed = name !== undefined && !name.startsWith('statement_')
  const summary = isNamed ? name : summaryOf(text)
  const one = {
    name: summary,
    attributes: {
      [names.databaseSystem]: 'postgresql',
      [names.databaseSummary]: summary,
      ...(!isNamed && { [names.databaseText]: text.replace(/\s+/g, ' ').trim().slice(0, maxTextLength) })
    }
  }
  if (described.size < maxRemembered) described.set(text, one)
  return one
}

/** The operation and its table: `insert directory`. */
function summaryOf(text: string): string {
  const [, operation = ''] = /^\s*(\w+)/.exec(text) ?? []
  const [, table = ''] = /\b(?:from|into|update)\s+"?(\w+)/i.exec(text) ?? []
  return `${operation} ${table}`.trim().toLowerCase()
}
