// The functions that follow each student in order, as they declare themselves.
import onAnyStudent from '../../../functions/onAnyStudent/index.ts'
import onStudentCreate from '../../../functions/onStudentCreate/index.ts'
import onStudentDelete from '../../../functions/onStudentDelete/index.ts'
import onStudentUpdate from '../../../functions/onStudentUpdate/index.ts'

export interface OrderedFunction {
  readonly name: string
  readonly accepts: readonly string[]
  /** The sequence before the first one that it sees. */
  readonly startSequence: number
}

export const orderedFunctions: readonly OrderedFunction[] = [
  onStudentCreate,
  onStudentUpdate,
  onStudentDelete,
  onAnyStudent
].map(({ name, accepts }) => ({
  name,
  accepts: accepts.map(({ type }) => type),
  startSequence: Math.min(...accepts.map(({ firstSequence }) => firstSequence)) - 1
}))
