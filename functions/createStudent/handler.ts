// Accepts a new student.
//
//   in   POST { userId, name, email }, or the event school.student.v1.CreateStudent   (knative/create-student.yaml)
//   out  a row in students and a StudentCreated in the outbox, in one transaction
//
// Whether the user exists is found out later, by onStudentCreate: accepting a student needs no other team's data.
import { v7 as uuidv7 } from 'uuid'
import * as z from 'zod'
import { emailAddress, line, personName } from '../runtime/events/command.ts'
import type { CommandContext } from '../runtime/define-command.ts'
import { insertWithin } from '../runtime/host/transaction.ts'
import type { FunctionAnswer } from '../runtime/host/http-server.ts'
import { asMessage, type Student, studentCreated } from '../students/student-events.ts'
import { students } from '../students/tables.ts'

export const CreateStudentCommand = z.strictObject({
  userId: line(128),
  name: personName,
  email: emailAddress
})
export type CreateStudentCommand = z.infer<typeof CreateStudentCommand>

type Context = Omit<CommandContext, 'log'>

export async function createStudent(
  command: CreateStudentCommand,
  { tx, publish, now }: Context
): Promise<FunctionAnswer> {
  const student: Student = { id: uuidv7({ msecs: now.getTime() }), ...command, version: 1 }
  insertWithin(tx, students, { ...student, createdAt: now, updatedAt: now })
  await publish(studentCreated, asMessage(student, now))
  return { status: 201, headers: { location: `/${student.id}` }, body: student }
}
