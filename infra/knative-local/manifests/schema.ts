// zod, with the manners of a Kubernetes API server: unknown fields are refused, and every problem is reported, not only the first.
import { z } from 'zod'
import { isRecord } from './is-record.ts'
import type { ManifestDocument, Path } from './manifest-document.ts'
import { nearestName } from './nearest-name.ts'
import { formatPath, type Problem } from './problem.ts'

/** An object that refuses unknown fields and says which one was probably meant; `synonyms` are words of other languages for its fields. */
export function object<Shape extends z.core.$ZodShape>(shape: Shape, synonyms: Readonly<Record<string, string>> = {}) {
  return z.strictObject(shape, {
    error: issue =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map(key => unknownField(key, Object.keys(shape), synonyms)).join('\n')
        : undefined
  })
}

function unknownField(name: string, known: readonly string[], synonyms: Readonly<Record<string, string>>): string {
  const near = synonyms[name.toLowerCase()] ?? nearestName(name, known)
  return near === undefined
    ? `unknown field "${name}"; remove it, or choose from ${known.join(', ')}`
    : `unknown field "${name}"; did you mean "${near}"?`
}

/** Reports a problem at a path below the object that a rule is about. */
export type Report = (path: Path, message: string) => void

/** zod alone skips a check once something else in the value is wrong. */
const always = { when: () => true }

/** Adds a rule that looks at several fields. It runs whatever else is wrong, so it sees fields that may be missing or of another type. */
export function rule<Schema extends z.ZodType>(
  schema: Schema,
  check: (value: Partial<z.output<Schema>>, report: Report) => void
): Schema {
  return schema.superRefine((value, context) => {
    if (!isRecord(value)) return
    check(value as Partial<z.output<Schema>>, (path, message) =>
      context.addIssue({ code: 'custom', path: [...path], message })
    )
  }, always)
}

/** A rule about one text, number or list. */
export function refined<Schema extends z.ZodType>(
  schema: Schema,
  check: (value: z.output<Schema>) => string | undefined
): Schema {
  return schema.superRefine((value, context) => {
    const message = check(value)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })
}

/** A list of which no two items have the same key, as `x-kubernetes-list-type: map` has it. */
export function uniqueBy<Item extends z.ZodType>(item: Item, key: keyof z.output<Item> & string) {
  return z.array(item).superRefine((list: unknown, context) => {
    const seen = new Set<unknown>()
    for (const [index, value] of Array.isArray(list) ? list.entries() : []) {
      const name: unknown = isRecord(value) ? value[key] : undefined
      if (name === undefined) continue
      if (seen.has(name)) {
        const message = `duplicate value: ${String(name)} stands in this list already`
        context.addIssue({ code: 'custom', path: [index, key], message })
      }
      seen.add(name)
    }
  }, always)
}

/** Checks a value that stands at `path` in an object, which stands at `root` in its document; what is wrong is added to `problems`. */
export function checkSchema<Schema extends z.ZodType>(
  schema: Schema,
  { document, path: root }: { readonly document: ManifestDocument; readonly path: Path },
  path: Path,
  value: unknown,
  problems: Problem[]
): z.output<Schema> | undefined {
  const result = schema.safeParse(value, { error: describeIssue, reportInput: true })
  if (result.success) return result.data
  for (const issue of result.error.issues) {
    const messages = issue.code === 'unrecognized_keys' ? issue.message.split('\n') : [issue.message]
    for (const [index, message] of messages.entries()) {
      const key = issue.code === 'unrecognized_keys' ? issue.keys[index] : undefined
      const at = [...path, ...issue.path, ...(key === undefined ? [] : [key])]
      const source =
        issue.code === 'invalid_type' && issue.expected === 'string' ? document.sourceOf?.([...root, ...at]) : undefined
      problems.push({
        level: 'error',
        origin: document.locate([...root, ...at]),
        path: formatPath(at),
        message: inSourceWords(message, source)
      })
    }
  }
  return undefined
}

/** Of `yes`, which is true, the text is "yes". */
function inSourceWords(message: string, source: string | undefined): string {
  return source === undefined
    ? message
    : message.replace(/; write it in quotes: ".*"$/, `; write it in quotes: "${source}"`)
}

const describeIssue: z.core.$ZodErrorMap = issue => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? 'missing field'
        : `expected ${article(issue.expected)}, got ${show(issue.input)}${typeHint(issue.expected, issue.input)}`
    case 'invalid_value':
      return `invalid value: ${show(issue.input)}; use ${issue.values.filter(value => value !== '').join(' or ')}`
    case 'too_small':
      return issue.origin === 'array'
        ? 'missing field: the list needs at least one item'
        : `${show(issue.input)} is too small, at least ${issue.minimum} is expected`
    case 'too_big':
      return `${show(issue.input)} is too big, at most ${issue.maximum} is expected`
    default:
      return undefined
  }
}

function article(type: string): string {
  const names: Record<string, string> = {
    string: 'a text',
    int: 'a whole number',
    number: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'an object',
    record: 'an object'
  }
  return names[type] ?? type
}

function typeHint(expected: string, input: unknown): string {
  if (expected === 'string' && (typeof input === 'number' || typeof input === 'boolean'))
    return `; write it in quotes: "${String(input)}"`
  if ((expected === 'int' || expected === 'number') && typeof input === 'string' && /^\d+$/.test(input))
    return `; write it without quotes: ${input}`
  if (expected === 'boolean' && (input === 'true' || input === 'false')) return `; write it without quotes: ${input}`
  if (expected === 'array' && typeof input === 'string') return `; write it as a list: [${input}]`
  return ''
}

function show(input: unknown): string {
  if (input === null) return 'nothing (null)'
  if (Array.isArray(input)) return 'a list'
  if (typeof input === 'object') return 'an object'
  return typeof input === 'string' ? `"${input}"` : `${typeof input} ${String(input)}`
}
