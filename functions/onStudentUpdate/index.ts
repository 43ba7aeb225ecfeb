import { serveStudentFunction } from '../shared/serve-student-function.ts'
import { onStudentUpdate } from './handler.ts'

serveStudentFunction(onStudentUpdate)
