// Which topics of an egress are there, as they come and go.
import type { Topics } from '../kafka/topics.ts'

export class FollowedTopics {
  /** Why topics are missing, when some are. */
  missingBecause: string | undefined
  private missing: readonly string[] = []

  /** A broker that has just started may not know all topics yet: it is settled what is there when it was so twice in a row. */
  async look(topics: Topics, wanted: readonly string[]): Promise<{ present: readonly string[]; isSettled: boolean }> {
    const missing = await topics.missing(wanted)
    this.missingBecause = missing.length === 0 ? undefined : await topics.explain(missing)
    const isSettled = String(missing) === String(this.missing)
    this.missing = missing
    return { present: wanted.filter(topic => !missing.includes(topic)), isSettled }
  }
}
