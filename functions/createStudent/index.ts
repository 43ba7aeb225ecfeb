import { CreateStudentSchema } from '../../schemas/generated/school/student/v1/create_student_pb.ts'
import { defineCommand } from '../runtime/define-command.ts'
import { studentCreated } from '../students/student-events.ts'
import { directory, students, timeline } from '../students/tables.ts'
import { createStudent, CreateStudentCommand } from './handler.ts'
import { readStudent } from './read-student.ts'

export default defineCommand({
  name: 'createStudent',
  command: CreateStudentCommand,
  event: CreateStudentSchema,
  http: { route: 'POST /' },
  queries: { 'GET /:id': readStudent },
  commits: 'together',
  source: '/students/createStudent',
  publishes: { STUDENT_CREATE_TOPIC: studentCreated },
  reads: [students, directory, timeline],
  inserts: [students],
  handle: createStudent
})
