// A member dies at the worst moment, and Kafka takes its time to notice.
import { waitAtMost } from '../stage/wait-at-most.ts'
import { seconds } from '../report/seconds.ts'
import { groupTable, type Member, type Play } from './play.ts'
import { takeTurn } from './turn.ts'

/** Records that wait, before the group of a killed member is shown; and for how long, as its session ends after 10 s. */
const visibleLag = 5
const lagTimeoutMs = 8_000

export async function killMember(play: Play, { process, trap }: Member, survivor: string): Promise<void> {
  const { stage, narrator, shown, turns } = play
  narrator.say(
    `The worst moment: the function has committed its effect to PostgreSQL, and ${process.name} dies before it receives the answer and commits the offset. Kafka considers it alive until its session of 10 s times out. Until then nobody reads its partitions, and they lag:`
  )
  const turn = await takeTurn(play, {
    step: `${process.name} is killed`,
    members: [survivor],
    async change() {
      const caught = await trap.next(shown.name, stage.signal)
      const killedAtMs = performance.now()
      await process.kill()
      caught.release()
      await waitAtMost(stage, lagTimeoutMs, async () => (await unread(play, process.name)) >= visibleLag)
      narrator.table(await groupTable(play))
      return killedAtMs
    }
  })
  turns.push(turn)
  narrator.say(
    `${seconds(turn.sharedAfterMs)} after the kill ${survivor} has all partitions. It begins at the last committed offsets:`
  )
  narrator.table(await groupTable(play))
  narrator.claim(
    'what was answered and not yet committed comes twice',
    turn.deliveredTwice > 0,
    `${turn.deliveredTwice} of ${turn.deliveries} deliveries of this step; offsets are committed every 0.5 s`
  )
}

/** Records of the partitions that Kafka believes to be read by this client. */
async function unread(play: Play, clientId: string): Promise<number> {
  const rows = await groupTable(play)
  return rows.reduce((sum, row) => sum + (row['CLIENT-ID'] === clientId ? Number(row.LAG) : 0), 0)
}
