import { serveStudentFunction } from '../students/serve-student-function.ts'
import { onAnyStudent } from './handler.ts'

serveStudentFunction(onAnyStudent)
