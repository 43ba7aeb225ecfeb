// Data that an event type accepts, found by asking it what is wrong with none.
import * as z from 'zod'
import type { EventType } from '../../functions/runtime/events/event-type.ts'

/** What a new event type holds until it is filled in. */
export const stub = { id: '1', name: 'Ada' }

/** Each try says what the next one needs, a level deeper at most. */
const maxTries = 20

/** What could be found, where the type wants something that cannot be guessed. */
export function sampleOf(event: EventType): unknown {
  if (isAccepted(event, stub) && event.message === undefined && !isAccepted(event, {})) return stub
  const found = { data: {} }
  for (let tries = 0; tries < maxTries; tries += 1) {
    const issues = issuesOf(event, found.data)
    if (issues.length === 0) break
    for (const issue of issues) set(found, ['data', ...issue.path], valueFor(issue))
  }
  return found.data
}

export function isAccepted(event: EventType, data: unknown): boolean {
  try {
    event.create(data)
    return true
  } catch {
    return false
  }
}

type Issue = z.core.$ZodIssue

function issuesOf(event: EventType, data: unknown): readonly Issue[] {
  try {
    event.create(data)
    return []
  } catch (error) {
    return error instanceof z.ZodError ? error.issues : []
  }
}

function set(into: object, path: readonly PropertyKey[], value: unknown): void {
  const parent = path.slice(0, -1).reduce<unknown>((at, key) => Reflect.get(Object(at), key), into)
  const key = path.at(-1)
  if (typeof parent === 'object' && parent !== null && key !== undefined) Reflect.set(parent, key, value)
}

function valueFor(issue: Issue): unknown {
  if (issue.code === 'invalid_type') return ofType[issue.expected] ?? String(issue.path.at(-1) ?? '')
  if (issue.code === 'invalid_value') return issue.values[0]
  if (issue.code === 'invalid_format') return ofFormat[issue.format] ?? ''
  if (issue.code !== 'too_small') return undefined
  const minimum = Number(issue.minimum)
  if (issue.origin === 'string') return 'x'.repeat(minimum)
  if (issue.origin === 'array') return Array.from({ length: minimum }, () => undefined)
  return issue.inclusive === false ? minimum + 1 : minimum
}

const ofType: Readonly<Record<string, unknown>> = {
  number: 1,
  int: 1,
  boolean: true,
  null: null,
  get array() {
    return []
  },
  get object() {
    return {}
  },
  get record() {
    return {}
  }
}

const ofFormat: Readonly<Record<string, string>> = {
  date: '2026-01-02',
  datetime: '2026-01-02T03:04:05Z',
  time: '03:04:05',
  duration: 'P1D',
  uuid: '01a21d99-b275-75ee-97d5-9fddf911f21f',
  guid: '01a21d99-b275-75ee-97d5-9fddf911f21f',
  email: 'ada@example.com',
  url: 'https://example.com/',
  ipv4: '127.0.0.1'
}
