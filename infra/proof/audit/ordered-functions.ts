// The functions that follow each student in order, as they declare themselves.
import { firstSequenceOf } from '../../../functions/runtime/events/event-type.ts'
import { readDeclarations } from '../../derived/declarations.ts'

export interface OrderedFunction {
  readonly name: string
  readonly accepts: readonly string[]
  /** The sequence before the first one that it sees. */
  readonly startSequence: number
}

export async function orderedFunctions(): Promise<OrderedFunction[]> {
  return (await readDeclarations())
    .filter(({ order }) => order === 'by subject and sequence')
    .map(({ name, accepts }) => ({
      name,
      accepts: accepts.map(({ type }) => type),
      startSequence: firstSequenceOf(accepts) - 1
    }))
}
