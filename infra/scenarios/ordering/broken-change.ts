// A student with ten events of which one in the middle cannot be read: a script wrote JSON where protobuf belongs.
import { z } from 'zod'
import { formatSequence } from '../../../functions/shared/student-events.ts'
import type { Stage } from '../stage/stage.ts'
import { discardInTheEnd } from './letters-of-student.ts'

export const events = 10
/** The one in the middle. */
export const broken = 5
/** Both read it; onStudentCreate never sees an update. */
export const readers = ['onStudentUpdate', 'onAnyStudent'] as const

export interface ChangedStudent {
  readonly id: string
  readonly userId: string
  readonly email: string
}

const Student = z.object({ id: z.string(), userId: z.string(), email: z.string() })
const requestTimeoutMs = 20_000

export const nameAt = (sequence: number) => `Grace ${sequence}`

/** Made by the functions' own HTTP, but for the broken one. */
export async function makeStudentWithBrokenChange(stage: Stage): Promise<ChangedStudent> {
  const { createStudent, updateStudent } = stage.endpoints.functions
  const email = `grace@${stage.mark}.example.com`
  const student = await call(stage, 'POST', createStudent?.url ?? '', { userId: 'user-1', name: nameAt(1), email })
  for (let sequence = 2; sequence <= events; sequence++) {
    if (sequence === broken) {
      await changeByScript(stage, student.id)
      discardInTheEnd(stage, student.id, readers.length)
    } else await call(stage, 'PATCH', `${updateStudent?.url}/${student.id}`, { name: nameAt(sequence) })
  }
  return student
}

async function call({ signal }: Stage, method: string, url: string, body: object): Promise<ChangedStudent> {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)])
  })
  if (!response.ok) throw new Error(`${method} ${url} answered ${response.status}: ${await response.text()}`)
  return Student.parse(await response.json())
}

/** Row and event in one transaction, as it should be; all but the bytes are those of the event before. */
async function changeByScript({ database }: Stage, id: string): Promise<void> {
  const name = nameAt(broken)
  const payload = Buffer.from(JSON.stringify({ id, name, version: broken }))
  await database.query(
    `with changed as (
       update students set name = $2, version = version + 1, updated_at = now() where id = $1 returning version
     )
     insert into outbox (id, topic, key, type, source, subject, time, content_type, dataschema, sequence, partitionkey,
       traceparent, payload)
     select gen_random_uuid(), topic, key, type, source, subject, time, content_type, dataschema, $4, partitionkey,
       traceparent, $5
     from outbox, changed where subject = $1 and sequence = $3 and changed.version = $6`,
    [id, name, formatSequence(broken - 1), formatSequence(broken), payload, broken]
  )
}
