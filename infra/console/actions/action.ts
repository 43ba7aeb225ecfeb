// What a page does: as a read, with a body of JSON for its input.
import type { z } from 'zod'
import type { Sources } from '../reads/sources.ts'

export interface Action<Input extends z.ZodType, Output> {
  readonly input: Input
  /** @throws Refused, or any other error, with a sentence for people */
  run(sources: Sources, input: z.output<Input>): Promise<Output>
}

export function defineAction<Input extends z.ZodType, Output>(action: Action<Input, Output>): Action<Input, Output> {
  return action
}

/** It was understood and is not done. */
export class Refused extends Error {}
