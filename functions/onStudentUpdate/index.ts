import { serveStudentFunction } from '../students/serve-student-function.ts'
import { onStudentUpdate } from './handler.ts'

serveStudentFunction(onStudentUpdate)
