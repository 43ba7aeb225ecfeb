// The functions as their callers see them: over HTTP, and nothing else.
import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { z } from 'zod'
import { readEndpoints } from '../../knative-local/index.ts'
import { until } from '../../knative-local/testing.ts'

const Student = z.object({
  id: z.string(),
  userId: z.string(),
  name: z.string(),
  email: z.string(),
  version: z.number()
})
const StudentView = z.object({
  /** Null once the student has been deleted. */
  student: Student.nullable(),
  directory: z
    .object({ status: z.enum(['pending', 'active']), name: z.string(), email: z.string(), version: z.number() })
    .nullable(),
  timeline: z.array(z.looseObject({ type: z.string(), sequence: z.number(), id: z.string() }))
})
export type StudentView = z.infer<typeof StudentView>

const DeadLetters = z.object({
  deadLetters: z.array(
    z.looseObject({
      id: z.string(),
      function: z.string(),
      reason: z.string(),
      class: z.string(),
      state: z.string(),
      event: z.looseObject({ id: z.string(), type: z.string(), subject: z.string(), sequence: z.string() }),
      data: z.unknown()
    })
  )
})

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  json(): unknown
}

export async function send(
  method: string,
  url: string,
  body?: unknown,
  headers: Record<string, string> = {}
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined
      ? {}
      : { body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000)
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) }
}

export function functionUrl(name: string): string {
  const found = inject('endpoints').functions[name]
  if (!found) throw new Error(`No function ${name} in endpoints.json`)
  return found.url
}

export async function createStudent(fields: {
  userId: string
  name?: string
  email?: string
}): Promise<z.infer<typeof Student>> {
  const answer = await send('POST', functionUrl('createStudent'), {
    name: 'Ada Lovelace',
    email: 'ada@example.com',
    ...fields
  })
  if (answer.status !== 201) throw new Error(`createStudent answered ${answer.status}: ${answer.text}`)
  return Student.parse(answer.json())
}

export async function updateStudent(
  id: string,
  fields: { name?: string; email?: string; version?: number }
): Promise<void> {
  const answer = await send('PATCH', `${functionUrl('updateStudent')}/${id}`, fields)
  if (answer.status !== 200) throw new Error(`updateStudent answered ${answer.status}: ${answer.text}`)
}

export async function readStudent(id: string): Promise<StudentView> {
  const answer = await send('GET', `${functionUrl('createStudent')}/${id}`)
  if (answer.status !== 200) throw new Error(`GET student answered ${answer.status}: ${answer.text}`)
  return StudentView.parse(answer.json())
}

/** Asks until the student is as expected; the last view is in the error when that takes too long. */
export async function eventually(
  id: string,
  isAsExpected: (view: StudentView) => boolean,
  timeoutMs = 30_000
): Promise<StudentView> {
  let last: StudentView | undefined
  await until(
    `student ${id}`,
    timeoutMs,
    async () => {
      last = await readStudent(id)
      if (isAsExpected(last)) return true
      throw new Error(`it is ${JSON.stringify(last)}`)
    },
    { everyMs: 25 }
  )
  return last ?? readStudent(id)
}

export async function deadLettersOf(studentId: string): Promise<z.infer<typeof DeadLetters>['deadLetters']> {
  const answer = await send('GET', `${functionUrl('deadLetterReplay')}?student=${studentId}`)
  return DeadLetters.parse(answer.json()).deadLetters
}

export const newUserId = () => `user-${randomUUID()}`

/** As they are now: pids change while the stack runs. */
export async function currentEndpoints() {
  const endpoints = await readEndpoints(inject('stateDirectory'))
  if (!endpoints) throw new Error('endpoints.json is gone')
  return endpoints
}
