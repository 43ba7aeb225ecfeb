import { defineFunction } from '../runtime/define-function.ts'
import { studentUpdated } from '../students/student-events.ts'
import { directory } from '../students/tables.ts'
import { onStudentUpdate } from './handler.ts'

export default defineFunction({
  name: 'onStudentUpdate',
  accepts: [studentUpdated],
  order: 'by subject and sequence',
  commits: 'together',
  writes: [directory],
  handle: onStudentUpdate
})
