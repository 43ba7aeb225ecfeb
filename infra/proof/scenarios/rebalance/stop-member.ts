// A member leaves in order, with a request under way.
import { setTimeout as sleep } from 'node:timers/promises'
import { committedOffsets } from '../../audit/log-offsets.ts'
import { claimNothingTwice } from './claim-nothing-twice.ts'
import { seconds } from '../report/seconds.ts'
import { groupTable, type Member, type Play } from './play.ts'
import { takeTurn } from './turn.ts'

/** How much longer the request takes that is under way. */
const slowAnswerMs = 1_000
/** On a busy machine; it is killed then, and has no exit status. */
const stopTimeoutMs = 30_000

export async function stopMember(play: Play, { process, trap }: Member, remaining: string): Promise<void> {
  const { stage, narrator, shown, turns } = play
  let isCommitted = false
  let seen = ''
  const turn = await takeTurn(play, {
    step: `${process.name} is stopped`,
    members: [remaining],
    async change() {
      const { delivery, release } = await trap.next(shown.name, stage.signal)
      const stoppedAtMs = performance.now()
      const stopping = process.stop(stopTimeoutMs)
      await sleep(slowAnswerMs, undefined, { signal: stage.signal }).finally(release)
      const { code } = await stopping
      const place = `${delivery.topic}/${delivery.partition}`
      const committed = (await committedOffsets(stage.admin, shown.group, shown.topics)).get(place) ?? 0
      isCommitted = code === 0 && committed > delivery.offset
      seen = `exit status ${code}; ${place} offset ${delivery.offset} was under way, ${committed} is committed`
      return stoppedAtMs
    }
  })
  turns.push(turn)
  narrator.say(
    `When the signal comes a request is under way and takes ${seconds(slowAnswerMs)} more. ${process.name} begins no other one, waits for the answer, commits, and leaves the group. Nobody waits for a session: ${seconds(turn.sharedAfterMs)} after the signal ${remaining} has all partitions.`
  )
  narrator.table(await groupTable(play))
  narrator.claim('the request under way is finished and its offset committed', isCommitted, seen)
  claimNothingTwice(narrator, 'a clean stop makes nothing come twice', turn)
}
