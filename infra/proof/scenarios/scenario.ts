// A Kafka question that a person can run and read: done on the real cluster, shown in tables, and failing loudly when what
// it claims does not hold.
import type { z } from 'zod'
import type { Narrator } from './report/narrator.ts'
import type { Stage } from './stage/stage.ts'

export interface Scenario {
  readonly name: string
  /** For the list. */
  readonly sentence: string
  /** Flags of its own, each with a value and a description; what was given is in `stage.flags`, and is right. */
  readonly flags?: z.ZodObject
  /** @throws when it cannot be done at all; what does not hold is a claim that is false */
  run(stage: Stage, narrator: Narrator): Promise<void>
}
