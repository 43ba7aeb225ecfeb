import { DeleteStudentSchema } from '../../schemas/generated/school/student/v1/delete_student_pb.ts'
import { defineCommand } from '../runtime/define-command.ts'
import { studentDeleted } from '../students/student-events.ts'
import { students } from '../students/tables.ts'
import { deleteStudent, DeleteStudentCommand } from './handler.ts'

export default defineCommand({
  name: 'deleteStudent',
  command: DeleteStudentCommand,
  event: DeleteStudentSchema,
  http: { route: 'DELETE /:id' },
  commits: 'together',
  source: '/students/deleteStudent',
  publishes: { STUDENT_DELETE_TOPIC: studentDeleted },
  updates: [students], // its row is locked first
  deletes: [students],
  handle: deleteStudent
})
