import { UpdateStudentSchema } from '../../schemas/generated/school/student/v1/update_student_pb.ts'
import { defineCommand } from '../runtime/define-command.ts'
import { studentUpdated } from '../students/student-events.ts'
import { students } from '../students/tables.ts'
import { StudentChange, updateStudent, UpdateStudentCommand } from './handler.ts'

export default defineCommand({
  name: 'updateStudent',
  command: UpdateStudentCommand,
  event: UpdateStudentSchema,
  http: { route: 'PATCH /:id', body: StudentChange },
  commits: 'together',
  source: '/students/updateStudent',
  publishes: { STUDENT_UPDATE_TOPIC: studentUpdated },
  updates: [students],
  handle: updateStudent
})
