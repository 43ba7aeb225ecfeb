import { serveStudentFunction } from '../students/serve-student-function.ts'
import { onStudentCreate } from './handler.ts'

serveStudentFunction(onStudentCreate)
