// A student with ten events of which one in the middle cannot be read: a script wrote JSON where protobuf belongs.
import { formatSequence } from '../../../../functions/runtime/delivery/position.ts'
import { discardInTheEnd, lettersOf } from '../stage/letters.ts'
import type { Stage } from '../stage/stage.ts'
import { type CalledStudent, createStudent, renameStudent } from '../stage/student-calls.ts'

export const events = 10
/** The one in the middle. */
export const broken = 5
/** Both read it; onStudentCreate never sees an update. */
export const readers = ['onStudentUpdate', 'onAnyStudent'] as const

export const nameAt = (sequence: number) => `Grace ${sequence}`

/** Made by the functions' own HTTP, but for the broken one. */
export async function makeStudentWithBrokenChange(stage: Stage): Promise<CalledStudent> {
  const email = `grace@${stage.mark}.example.com`
  const student = await createStudent(stage, { userId: 'user-1', name: nameAt(1), email })
  for (let sequence = 2; sequence <= events; sequence++) {
    if (sequence === broken) {
      await changeByScript(stage, student.id)
      const letters = () => lettersOf(stage, { student: student.id })
      discardInTheEnd(stage, {
        what: `letters of student ${student.id}`,
        find: letters,
        haveCome: async () => (await letters()).length >= readers.length
      })
    } else await renameStudent(stage, student.id, nameAt(sequence))
  }
  return student
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
