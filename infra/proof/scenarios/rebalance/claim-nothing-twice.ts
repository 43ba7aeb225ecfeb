// A member that gives partitions up in order lets its requests under way end first. It does so within limits: what takes longer,
// or belongs to a member whose session is over, may come twice, and nothing is promised then.
import type { Narrator } from '../report/narrator.ts'
import { seconds } from '../report/seconds.ts'
import type { Turn } from './turn.ts'

/** How long the data plane waits for requests under way at a rebalance (infra/knative-local/dataplane/egress/egress-runner.ts). */
const drainMs = 5_000

export function claimNothingTwice(narrator: Narrator, claim: string, turn: Turn): void {
  const seen = `${turn.deliveredTwice} of ${turn.deliveries} deliveries of this step, the longest took ${seconds(turn.longestAnswerMs)}`
  const exception = whyNotPromised(turn)
  if (exception === undefined) narrator.claim(claim, turn.deliveredTwice === 0, seen)
  else narrator.say(`Not claimed this time: ${claim} (${seen}). ${exception}`)
}

/** A sentence, or nothing when it is. */
export function whyNotPromised({
  longestAnswerMs,
  sessionsLost
}: Pick<Turn, 'longestAnswerMs' | 'sessionsLost'>): string | undefined {
  if (longestAnswerMs >= drainMs)
    return `A request took longer than the ${seconds(drainMs)} for which a member waits before it joins again.`
  if (sessionsLost > 0)
    return `Kafka missed the heartbeats of ${sessionsLost} members for a session of 10 s and gave their partitions away.`
  return undefined
}
