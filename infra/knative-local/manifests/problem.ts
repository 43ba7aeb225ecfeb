import { styleText } from 'node:util'
import type { Origin } from './plan.ts'

/**
 * Something to know about the YAML: an error stops the plan, a warning says what Knative would do, and `missing` is an object that
 * another one names and no file declares: it may be in the cluster already, and what names it waits for it.
 */
export interface Problem {
  readonly level: 'error' | 'warning' | 'missing'
  readonly origin: Origin
  /** The path in the object, `spec.delivery.retry`; empty when the whole file or object is meant. */
  readonly path: string
  readonly message: string
}

/** One line each: `knative/on-order-create.yaml:12 spec.topics: message`. Colours only when the caller prints to a terminal. */
export function formatProblems(problems: readonly Problem[], options: { colour?: boolean } = {}): string {
  const paint = (style: 'red' | 'yellow' | 'bold', text: string) =>
    options.colour === true ? styleText(style, text, { validateStream: false }) : text
  return problems
    .map(({ level, origin, path, message }) => {
      const place = paint('bold', `${origin.file}:${origin.line}`)
      const label = paint(level === 'error' ? 'red' : 'yellow', level)
      return `${place} ${label} ${path === '' ? '' : `${path}: `}${message}`
    })
    .join('\n')
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(problem => problem.level === 'error')
}

/** `spec.containers[0].env`, and `metadata.annotations[example.com/key]` where a name holds a dot. */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (/^[\w-]+$/.test(String(step))) text += text === '' ? String(step) : `.${String(step)}`
    else text += `[${String(step)}]`
  }
  return text
}
