// What a page shows, as a plain function: typed input, a result that is JSON, nothing of HTTP. The console's server and any other
// front read through these.
import type { z } from 'zod'
import type { Sources } from './sources.ts'

export interface Read<Input extends z.ZodType, Output> {
  /** A sentence, for those who choose among reads. */
  readonly description: string
  /** Of text alone, such as an address has: numbers are coerced. */
  readonly input: Input
  /** @throws with a sentence for people */
  run(sources: Sources, input: z.output<Input>): Promise<Output>
}

/** Lets TypeScript find the types. */
export function defineRead<Input extends z.ZodType, Output>(read: Read<Input, Output>): Read<Input, Output> {
  return read
}

/** What is asked for is not there: a clear answer, not a failure. */
export class NotFound extends Error {}
