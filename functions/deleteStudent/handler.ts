// Deletes a student.
//
//   in   DELETE /ID, or the event school.student.v1.DeleteStudent   (knative/delete-student.yaml)
//   out  the row is gone, and a StudentDeleted is in the outbox, in one transaction
//
// A version in the command is an optimistic lock: the student is kept when it has moved on from it.
import { eq } from 'drizzle-orm'
import * as z from 'zod'
import type { CommandContext } from '../runtime/define-command.ts'
import { line } from '../runtime/events/command.ts'
import { sendWithin } from '../runtime/host/transaction.ts'
import type { FunctionAnswer } from '../runtime/host/http-server.ts'
import { asMessage, studentDeleted } from '../students/student-events.ts'
import { unknownStudent, versionConflict } from '../students/problems.ts'
import { students } from '../students/tables.ts'

export const DeleteStudentCommand = z.strictObject({
  id: line(64),
  version: z.coerce
    .number()
    .int()
    .min(1)
    .max(2 ** 31 - 2)
    .optional()
})
export type DeleteStudentCommand = z.infer<typeof DeleteStudentCommand>

type Context = Omit<CommandContext, 'log'>

/** @throws Problem 404 for an unknown student, 409 when the command was made from another version */
export async function deleteStudent(
  { id, version }: DeleteStudentCommand,
  { tx, publish, now }: Context
): Promise<FunctionAnswer> {
  const isStudent = eq(students.id, id)
  const [current] = await tx.select({ version: students.version }).from(students).where(isStudent).for('update')
  if (current === undefined) throw unknownStudent(id)
  if (version !== undefined && version !== current.version) throw versionConflict(current.version, version)
  sendWithin(tx, tx.delete(students).where(isStudent))
  await publish(studentDeleted, asMessage({ id, version: current.version + 1 }, now))
  return { status: 204 }
}
