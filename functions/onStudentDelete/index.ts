import { defineFunction } from '../runtime/define-function.ts'
import { studentDeleted } from '../students/student-events.ts'
import { directory } from '../students/tables.ts'
import { onStudentDelete } from './handler.ts'

export default defineFunction({
  name: 'onStudentDelete',
  accepts: [studentDeleted],
  order: 'by subject and sequence',
  commits: 'together',
  writes: [directory],
  handle: onStudentDelete
})
