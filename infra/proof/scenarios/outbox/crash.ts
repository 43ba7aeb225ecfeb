// Crashes between the commit and the publish: the relay is killed while students are posted, and createStudent again and
// again under that load. What was accepted is all there in the end, once.
import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '../../chaos/random.ts'
import { lastHeader } from '../../../knative-local/events.ts'
import type { Narrator, Row } from '../report/narrator.ts'
import { bringConnectBack } from '../stage/connector.ts'
import { followTopics } from '../stage/follow-topics.ts'
import type { Stage } from '../stage/stage.ts'
import { judge, startStudentLoad, type StudentLoad } from '../stage/student-load.ts'
import { waitAtMost } from '../stage/wait-at-most.ts'
import { connector } from './relayed-topic.ts'

const topics = ['student_create', 'student_update']
const perSecond = 20
const seed = 7
const relayTimeoutMs = 120_000

export async function showCrashes(stage: Stage, narrator: Narrator): Promise<void> {
  const { act, short, signal, undo } = stage
  const kills = short ? 2 : 5
  const downMs = short ? 2_000 : 6_000

  narrator.step('The relay is killed while students are posted, and so is createStudent')
  narrator.say(
    `${perSecond} commands a second, each repeated under its Idempotency-Key until it is answered. Connect, which carries the outbox to Kafka, is killed with SIGKILL; ` +
      `then createStudent ${kills} times, at random moments; then Connect comes back.`
  )
  const followed = await followTopics(stage, topics)
  const load = startStudentLoad(stage, perSecond)
  const began = performance.now()
  const moments: Row[] = []
  const look = async (moment: string): Promise<Look> => {
    const answered = load.accepted.size // before the rows are counted: none of them may be missing
    const counts = await countWritten(stage, load)
    const records = followed.records
      .filter(({ key }) => counts.students.has(key?.toString() ?? ''))
      .map(record => lastHeader(record, 'ce_id')?.toString() ?? '')
    const published = new Set(records)
    moments.push({
      'At s': (performance.now() - began) / 1_000,
      Moment: moment,
      'Students answered': answered,
      'Rows in students': counts.students.size,
      'Rows in outbox': counts.events.size,
      'Events in Kafka': published.size,
      'Twice in Kafka': records.length - published.size,
      'Rows in timeline': counts.effects
    })
    return { ...counts, published }
  }

  await waitAtMost(stage, downMs, async () => load.accepted.size >= perSecond / 2)
  await look('all runs')
  undo('Connect', () => bringConnectBack(stage, connector))
  await act('kill', 'connect')
  await followed.toTheEnd()
  const atKill = await look('Connect killed')
  await sleep(downMs, undefined, { signal })
  await look('still away')
  const random = seededRandom(seed)
  for (let kill = 0; kill < kills; kill++) {
    await sleep(random.between(300, 1_500), undefined, { signal })
    await act('kill', 'create-student')
  }
  await sleep(downMs, undefined, { signal })
  const away = await look(`createStudent killed ${kills} times`)
  await load.stop(relayTimeoutMs)
  await look('load ended')
  await act('start', 'connect')
  await look('Connect started')
  const written = await countWritten(stage, load)
  await waitAtMost(stage, relayTimeoutMs, async () => (await countWritten(stage, load)).effects >= written.events.size)
  await followed.toTheEnd()
  const end = await look('all applied')
  narrator.table(moments)
  // By their ids: what Connect had sent when it was killed may come into sight a moment later.
  const meanwhile = [...away.events].filter(id => !atKill.events.has(id))
  const through = meanwhile.filter(id => away.published.has(id)).length
  narrator.claim(
    'without the relay students are accepted with their events, and nothing of them is in Kafka',
    meanwhile.length > 0 && through === 0 && away.events.size === away.versions,
    `${meanwhile.length} events committed while it was away, ${through} of them in Kafka; ${away.versions} changes of students have ${away.events.size} outbox rows`
  )
  narrator.claim(
    'with the relay back every event is in Kafka and applied, once',
    end.published.size === end.events.size && end.effects === end.events.size,
    `${end.events.size} outbox rows, ${end.published.size} events in Kafka, ${end.effects} timeline rows`
  )
  narrator.say(
    `${load.counts.repeated} commands had no answer and were repeated. The audit has the last word on each of them:`
  )
  await judge(stage, narrator, load)
  narrator.fact('crash', { kills, moments })
}

interface Counts {
  /** By id. */
  readonly students: ReadonlySet<string>
  /** Of the students of this run, added up: so many changes were made. */
  readonly versions: number
  /** Rows of the outbox, by the ids of their events. */
  readonly events: ReadonlySet<string>
  readonly effects: number
}

interface Look extends Counts {
  /** Events by id. */
  readonly published: ReadonlySet<string>
}

async function countWritten({ database }: Stage, { domain }: StudentLoad): Promise<Counts> {
  const { rows } = await database.query<
    Record<'students' | 'events', string[]> & Record<'versions' | 'effects', number>
  >(
    `with written as (select id, version from students where email like '%@' || $1)
     select coalesce((select array_agg(id) from written), '{}') as students,
       (select coalesce(sum(version), 0) from written)::int as versions,
       coalesce((select array_agg(outbox.id::text) from outbox join written on written.id = outbox.subject), '{}') as events,
       (select count(*) from timeline join written on written.id = timeline.student_id)::int as effects`,
    [domain]
  )
  const { students = [], events = [], versions = 0, effects = 0 } = rows[0] ?? {}
  return { students: new Set(students), events: new Set(events), versions, effects }
}
