import { serveStudentFunction } from '../shared/serve-student-function.ts'
import { onStudentCreate } from './handler.ts'

serveStudentFunction(onStudentCreate)
