// A consumer group while its members come, go and die: who reads what, what is delivered twice, and that nothing comes of it.
import type { DataPlaneMember } from '../../chaos/data-plane-member.ts'
import type { Scenario } from '../scenario.ts'
import { startCountedMember, stopDataPlane } from '../stage/counted-member.ts'
import { stateOfGroup } from '../stage/group.ts'
import { judge, startStudentLoad } from '../stage/student-load.ts'
import { waitAtMost } from '../stage/wait-at-most.ts'
import { claimNothingTwice } from './claim-nothing-twice.ts'
import { tellWhatItCost } from './cost.ts'
import { createDeliveryTrap } from './delivery-trap.ts'
import { killMember } from './kill-member.ts'
import { watchOffsets } from './offset-watch.ts'
import { groupTable, type Member, openPlay, type Play } from './play.ts'
import { stopMember } from './stop-member.ts'
import { takeTurn, type Turn } from './turn.ts'

/** Longer than a session and a join take together. */
const evenWithinMs = 60_000

export const rebalance: Scenario = {
  name: 'rebalance',
  sentence: 'Members of a consumer group join, are killed and leave under load: who reads what, and what comes twice.',
  async run(stage, narrator) {
    const play = openPlay(stage, narrator)
    const perSecond = stage.short ? 10 : 30

    narrator.step('One member')
    narrator.say(
      `The stack's own data plane is stopped. In its place come data planes of the scenario's own on the same YAML: each is a process and a member of every KafkaSource's consumer group, and a proxy before the functions counts what it delivers. ${perSecond} commands a second create and change students all the while.`
    )
    await stopDataPlane(stage)
    const load = startStudentLoad(stage, perSecond)
    const offsets = watchOffsets(stage, play.functions)
    const { member: one } = await join(play, 'member-1', [])

    narrator.step('A second one joins')
    narrator.say(
      'Kafka asks all members to join again. Before it does, each lets its requests under way finish and commits: whoever reads a partition next begins exactly behind them. A partition stays with its reader as long as the shares are even.'
    )
    const { member: two, turn: joined } = await join(play, 'member-2', ['member-1'])
    await claimEvenShares(play)
    claimNothingTwice(narrator, 'a join makes nothing come twice', joined)

    narrator.step('One is killed (SIGKILL)')
    await killMember(play, two, 'member-1')

    narrator.step('Another one joins')
    const { turn: replaced } = await join(play, 'member-3', ['member-1'])
    claimNothingTwice(narrator, 'a join makes nothing come twice', replaced)

    narrator.step('One leaves by a clean stop (SIGTERM)')
    await stopMember(play, one, 'member-3')

    narrator.step('What it cost')
    await tellWhatItCost(play, load)
    await offsets.stop()
    const watched = [...offsets.committed.values()].reduce((sum, { size }) => sum + size, 0)
    narrator.claim(
      'committed offsets never go back',
      offsets.seen.wentBack.length === 0 && offsets.seen.looks > 0,
      offsets.seen.wentBack.join(', ') ||
        `${watched} offsets of ${play.functions.length} groups, looked at ${offsets.seen.looks} times`
    )

    narrator.step('Every event, accounted for')
    await judge(stage, narrator, load)
  }
}

async function join(
  play: Play,
  name: string,
  others: readonly string[]
): Promise<{ readonly member: Member; readonly turn: Turn }> {
  const { stage, narrator, log, turns } = play
  const trap = createDeliveryTrap()
  const started: DataPlaneMember[] = []
  const turn = await takeTurn(play, {
    step: `${name} joins`,
    members: [...others, name],
    async change() {
      started.push(await startCountedMember(stage, log, name, trap.passOn))
      return performance.now()
    }
  })
  turns.push(turn)
  narrator.table(await groupTable(play))
  const [process] = started
  if (!process) throw new Error(`${name} was not started`)
  return { member: { process, trap }, turn }
}

interface Share {
  readonly group: string
  /** Partitions, by member. */
  readonly counts: readonly number[]
}

async function claimEvenShares({ stage, narrator, functions }: Play): Promise<void> {
  const isEven = ({ counts }: Share) => counts.length === 2 && Math.max(...counts) - Math.min(...counts) <= 1
  let shares: readonly Share[] = []
  // A member whose heartbeats Kafka has missed may just be coming back.
  await waitAtMost(stage, evenWithinMs, async () => {
    shares = await Promise.all(
      functions.map(async ({ group }) => {
        const { members } = await stateOfGroup(stage.admin, group)
        return { group, counts: members.map(({ partitions }) => partitions.length) }
      })
    )
    return shares.every(isEven)
  })
  narrator.claim(
    'every group is shared evenly, that of two topics as well',
    shares.every(isEven),
    `${shares.map(({ group, counts }) => `${group} ${counts.join(' + ')}`).join(', ')} partitions`
  )
}
