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
import { prepared } from '../runtime/host/prepared.ts'
import type { FunctionAnswer } from '../runtime/host/http-server.ts'
import type { Problem } from '../runtime/host/problem.ts'
import { unknownStudent, versionConflict } from '../students/problems.ts'
import { asMessage, studentUpdated } from '../students/student-events.ts'
import { students } from '../students/tables.ts'

const changes = {
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
export const StudentChange = z.strictObject(changes).refine(changesSomething, nothingToChange)
export const UpdateStudentCommand = z
  .strictObject({ id: line(64), ...changes })
  .refine(changesSomething, nothingToChange)
export type UpdateStudentCommand = z.infer<typeof UpdateStudentCommand>

type Context = Omit<CommandContext, 'log'>

const given = sql.placeholder
/** What the command does not name stays as it is, and a command without a version takes any. */
const change = prepared(tx =>
  tx
    .update(students)
    .set({
      name: sql`coalesce(${given('name')}, ${students.name})`,
      email: sql`coalesce(${given('email')}, ${students.email})`,
      version: sql`${students.version} + 1`,
      updatedAt: sql`${given('now')}::timestamptz`
    })
    .where(
      and(eq(students.id, given('id')), sql`${students.version} = coalesce(${given('version')}, ${students.version})`)
    )
    .returning({
      id: students.id,
      userId: students.userId,
      name: students.name,
      email: students.email,
      version: students.version
    })
)

/** @throws Problem 404 for an unknown student, 409 when the command was made from another version */
export async function updateStudent(
  command: UpdateStudentCommand,
  { tx, publish, now }: Context
): Promise<FunctionAnswer> {
  const { id, name = null, email = null, version = null } = command
  const [student] = await change(tx, { id, name, email, version, now })
  if (student === undefined) throw await whyNotUpdated(tx, command)
  await publish(studentUpdated, asMessage(student, now))
  return { status: 200, body: student }
}

async function whyNotUpdated(tx: Transaction, { id, version = 0 }: UpdateStudentCommand): Promise<Problem> {
  const [current] = await tx.select({ version: students.version }).from(students).where(eq(students.id, id))
  return current === undefined ? unknownStudent(id) : versionConflict(current.version, version)
}
