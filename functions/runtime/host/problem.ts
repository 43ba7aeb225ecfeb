// Errors for people and programs over HTTP: RFC 9457 problem details. https://www.rfc-editor.org/rfc/rfc9457
import type { z } from 'zod'

export interface FieldError {
  readonly field: string
  readonly message: string
}

/** An answer that is an error. Thrown by handlers; its text is safe to show. */
export class Problem extends Error {
  readonly status: number
  readonly type: string
  readonly title: string
  readonly errors?: readonly FieldError[]
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    type: string,
    title: string,
    detail: string,
    extra: { errors?: readonly FieldError[]; headers?: Readonly<Record<string, string>> } = {}
  ) {
    super(detail)
    this.status = status
    this.type = type
    this.title = title
    this.errors = extra.errors
    this.headers = extra.headers ?? {}
  }
}

/** Of wrong fields in one answer: a body of 1 MB may hold 60,000 of them. */
const maxErrors = 20
/** Of a field's name, which is the sender's own. */
const maxFieldLength = 200

/** The wrong fields of a command at once, each with its name. */
export function invalidFields(error: z.ZodError): Problem {
  const errors = error.issues.flatMap(issue =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map(key => ({ field: [...issue.path, key].join('.'), message: 'unknown field' }))
      : [{ field: issue.path.join('.'), message: issue.message }]
  )
  const shown = errors
    .slice(0, maxErrors)
    .map(({ field, message }) => ({ field: field.slice(0, maxFieldLength).toWellFormed(), message }))
  const named = shown.map(({ field, message }) => (field ? `${field}: ${message}` : message))
  if (errors.length > maxErrors) named.push(`and ${errors.length - maxErrors} more`)
  return new Problem(400, 'invalid-fields', 'Invalid fields', named.join('; '), { errors: shown })
}

/** Of which nothing is said to the caller. */
export function unexpected(): Problem {
  return new Problem(500, 'internal', 'Internal error', 'something went wrong here; it has been logged')
}

export function unavailable(detail: string): Problem {
  return new Problem(503, 'unavailable', 'Temporarily unavailable', detail, { headers: { 'retry-after': '2' } })
}
