// One student made or changed through the functions' own HTTP, by callers who need this very one and not a load of them.
import { z } from 'zod'
import type { Stage } from './stage.ts'

const requestTimeoutMs = 30_000
const Student = z.object({ id: z.string(), userId: z.string(), email: z.string() })
export type CalledStudent = z.infer<typeof Student>

export function createStudent(
  stage: Stage,
  body: { readonly userId: string; readonly name: string; readonly email: string }
): Promise<CalledStudent> {
  return call(stage, 'POST', stage.endpoints.functions.createStudent?.url ?? '', body)
}

export function renameStudent(stage: Stage, id: string, name: string): Promise<CalledStudent> {
  return call(stage, 'PATCH', `${stage.endpoints.functions.updateStudent?.url}/${id}`, { name })
}

async function call({ signal }: Stage, method: string, url: string, body: object): Promise<CalledStudent> {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)])
  })
  if (!response.ok) throw new Error(`${method} ${url} answered ${response.status}: ${await response.text()}`)
  return Student.parse(await response.json())
}
