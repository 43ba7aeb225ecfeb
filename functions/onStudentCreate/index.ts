import { defineFunction } from '../runtime/define-function.ts'
import { studentCreated } from '../students/student-events.ts'
import { directory, users } from '../students/tables.ts'
import { onStudentCreate } from './handler.ts'

export default defineFunction({
  name: 'onStudentCreate',
  accepts: [studentCreated],
  order: 'by subject and sequence',
  commits: 'together',
  reads: [users],
  writes: [directory],
  handle: onStudentCreate
})
