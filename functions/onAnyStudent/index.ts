import { serveStudentFunction } from '../shared/serve-student-function.ts'
import { onAnyStudent } from './handler.ts'

serveStudentFunction(onAnyStudent)
