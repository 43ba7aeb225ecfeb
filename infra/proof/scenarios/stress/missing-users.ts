// Students of users that do not exist become dead letters; when the users appear, the letters replay themselves.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Narrator } from '../report/narrator.ts'
import type { Stage } from '../stage/stage.ts'
import { waitAtMost } from '../stage/wait-at-most.ts'
import { acceptedCommands, type Answer } from './journal.ts'

export interface LetterCount {
  readonly function: string
  readonly reason: string
  readonly letters: number
  /** Those that a replay has taken off the list. */
  readonly resolved: number
}

interface Sent {
  readonly answers: readonly Answer[]
  readonly domain: string
  readonly since: Date
}

const everyMs = 250
const lettersTimeoutMs = 60_000
const replayTimeoutMs = 120_000

/** Answers the letters as they were before the users came. */
export async function lettersAreReplayed(stage: Stage, narrator: Narrator, sent: Sent): Promise<LetterCount[]> {
  const accepted = acceptedCommands(sent.answers).filter(({ kind }) => kind === 'unknown-user').length
  const unknown = await countStudentsWithoutUser(stage, sent.domain)
  // onStudentCreate's letters may come after what the other functions have done.
  await waitAtMost(stage, lettersTimeoutMs, async () => sum(await countLetters(stage, sent), 'letters') >= unknown)
  const before = await countLetters(stage, sent)
  narrator.step(`Dead letters: ${unknown} students are of users that do not exist`)
  const others = before.filter(({ reason }) => reason !== 'user-not-found')
  const waiting = sum(before, 'letters') - sum(others, 'letters')
  narrator.claim(
    'the dead letters are exactly those students',
    waiting === unknown && unknown >= accepted && others.length === 0,
    `${waiting} with the reason user-not-found, ${sum(others, 'letters')} with another; k6 saw ${accepted} of them accepted`
  )

  const appearedAt = performance.now()
  const users = await addMissingUsers(stage, sent.domain)
  let after = await countLetters(stage, sent)
  while (sum(after, 'resolved') < sum(after, 'letters') && performance.now() - appearedAt < replayTimeoutMs) {
    await sleep(everyMs, undefined, { signal: stage.signal })
    after = await countLetters(stage, sent)
  }
  const replayedMs = performance.now() - appearedAt
  narrator.say(
    `The other team adds the ${users} users to its table; Debezium publishes the inserts, and deadLetterReplay follows them.`
  )
  narrator.table(
    after.map(({ function: name, reason, letters, resolved }) => ({
      FUNCTION: name,
      REASON: reason,
      LETTERS: letters,
      RESOLVED: resolved
    }))
  )
  narrator.claim(
    'the letters replay themselves when the users appear',
    sum(after, 'resolved') === sum(after, 'letters'),
    `${sum(after, 'resolved')} of ${sum(after, 'letters')} resolved after ${(replayedMs / 1_000).toFixed(1)} s`
  )
  narrator.fact('deadLetters', { letters: after, replayedMs: Math.round(replayedMs) })
  return after
}

/** Answers how many. */
export async function addMissingUsers({ database }: Pick<Stage, 'database'>, domain: string): Promise<number> {
  const { rowCount } = await database.query(
    `insert into users (id, name, email)
     select distinct on (user_id) user_id, name, email from students where email like '%@' || $1
     on conflict do nothing`,
    [domain]
  )
  return rowCount ?? 0
}

/** Also those whose answer did not reach k6. */
async function countStudentsWithoutUser({ database }: Stage, domain: string): Promise<number> {
  const { rows } = await database.query<{ students: number }>(
    `select count(*)::int as students from students s
     where s.email like '%@' || $1 and not exists (select from users u where u.id = s.user_id)`,
    [domain]
  )
  return rows[0]?.students ?? 0
}

/** Of this run's students, and of none that can be named: a command through the Broker may have become one. */
async function countLetters({ database }: Stage, { domain, since }: Sent): Promise<LetterCount[]> {
  const { rows } = await database.query<LetterCount>(
    `select l.function, l.reason, count(*)::int as letters, (count(*) filter (where l.state = 'resolved'))::int as resolved
     from dead_letters l left join students s on s.id = l.entity
     where s.email like '%@' || $1 or (s.id is null and l.first_failed_at >= $2)
     group by 1, 2 order by 1, 2`,
    [domain, since]
  )
  return rows
}

function sum(counts: readonly LetterCount[], of: 'letters' | 'resolved'): number {
  return counts.reduce((total, count) => total + count[of], 0)
}
