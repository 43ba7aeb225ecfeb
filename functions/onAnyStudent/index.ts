import { defineFunction } from '../runtime/define-function.ts'
import { studentCreated, studentDeleted, studentUpdated } from '../students/student-events.ts'
import { timeline } from '../students/tables.ts'
import { onAnyStudent } from './handler.ts'

export default defineFunction({
  name: 'onAnyStudent',
  accepts: [studentCreated, studentUpdated, studentDeleted],
  order: 'by subject and sequence',
  commits: 'together',
  inserts: [timeline],
  handle: onAnyStudent
})
