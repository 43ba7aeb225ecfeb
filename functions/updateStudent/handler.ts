// Changes a student.
//
//   in   PATCH /ID { name?, email?, version? }, or the event school.student.v1.UpdateStudent   (knative/update-student.yaml)
//   out  the changed row and a StudentUpdated with the whole student in the outbox, in one transaction
//
// A version in the command is an optimistic lock: the change is refused when the student has moved on from it.
import { and, eq, sql } from 'drizzle-orm'
import * as z from 'zod'
import { emailAddress, line, personName } from '../runtime/events/command.ts'
import type { CommandContext } from '../runtime/define-command.ts'
import type { Transaction } from '../runtime/host/database.ts'
import type { FunctionAnswer } from '../runtime/host/http-server.ts'
import type { Problem } from '../runtime/host/problem.ts'
import { unknownStudent, versionConflict } from '../students/problems.ts'
import { asMessage, studentUpdated } from '../students/student-events.ts'
import { students } from '../students/tables.ts'

const change = {
  name: personName.optional(),
  email: emailAddress.optional(),
  version: z
    .int()
    .min(1)
    .max(2 ** 31 - 2)
    .optional()
}
const changesSomething = (command: { name?: string; email?: string }) =>
  command.name !== undefined || command.email !== undefined
const nothingToChange = 'give a name or an email to change'

/** The body of a PATCH; the id is in the path. */
export const StudentChange = z.strictObject(change).refine(changesSomething, nothingToChange)
export const UpdateStudentCommand = z
  .strictObject({ id: line(64), ...change })
  .refine(changesSomething, nothingToChange)
export type UpdateStudentCommand = z.infer<typeof UpdateStudentCommand>

type Context = Omit<CommandContext, 'log'>

/** @throws Problem 404 for an unknown student, 409 when the command was made from another version */
export async function updateStudent(
  command: UpdateStudentCommand,
  { tx, publish, now }: Context
): Promise<FunctionAnswer> {
  const [student] = await tx
    .update(students)
    .set({ name: command.name, email: command.email, version: sql`${students.version} + 1`, updatedAt: now })
    .where(and(eq(students.id, command.id), isAt(command.version)))
    .returning({
      id: students.id,
      userId: students.userId,
      name: students.name,
      email: students.email,
      version: students.version
    })
  if (student === undefined) throw await whyNotUpdated(tx, command)
  await publish(studentUpdated, asMessage(student, now))
  return { status: 200, body: student }
}

/** Whether the student is at this version; no condition where the command names none. */
const isAt = (version: number | undefined) => (version === undefined ? undefined : eq(students.version, version))

async function whyNotUpdated(tx: Transaction, { id, version = 0 }: UpdateStudentCommand): Promise<Problem> {
  const [current] = await tx.select({ version: students.version }).from(students).where(eq(students.id, id))
  return current === undefined ? unknownStudent(id) : versionConflict(current.version, version)
}
