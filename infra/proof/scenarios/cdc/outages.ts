// The connector goes away while rows change, in three ways, and comes back: what PostgreSQL keeps for it meanwhile, and
// whether every change arrives.
import type { PoolClient } from 'pg'
import type { Narrator, Row } from '../report/narrator.ts'
import { bringConnectBack, setConnector } from '../stage/connector.ts'
import { readSlot } from '../stage/replication-slot.ts'
import type { Stage } from '../stage/stage.ts'
import { waitAtMost } from '../stage/wait-at-most.ts'
import { type ChangeEvent, identityOf, parseLsn } from './change-event.ts'
import { type Change, type Comparison, compareWithEvents } from './change-users.ts'
import { countDifferent, type OwnEvents } from './own-events.ts'
import { openSlotMoments } from './slot-moments.ts'
import { createUserWriter } from './user-writer.ts'

/** infra/debezium/users-connector.yaml. */
const connector = 'users'
const slot = 'users'
const users = 20
const perSecond = 300
/** What no further change follows is confirmed by a heartbeat, every 10 s. */
const confirmTimeoutMs = 60_000

interface Outage {
  readonly what: string
  down(): Promise<unknown>
  up(): Promise<unknown>
}

export async function showOutages(
  stage: Stage,
  client: PoolClient,
  narrator: Narrator,
  events: OwnEvents,
  prefix: string
): Promise<void> {
  const { short, undo } = stage
  /** Before an outage, while it begins, during it, and from its end on. */
  const part = short ? 75 : 500
  undo(`connector ${connector}`, () => bringConnectBack(stage, connector))

  narrator.step(`The connector goes away three times while ${users} users change`)
  narrator.say(
    `${part} changes before, ${part} while it goes, ${part} while it is away and ${part} while it returns, ${perSecond} a second, each a transaction. Paused, it keeps its ` +
      'connection and sends nothing; stopped, its task ends; Connect is killed with SIGKILL. Meanwhile PostgreSQL keeps the log for the slot: the lag is what the connector ' +
      'has not confirmed, and when safe_wal_size is used up PostgreSQL gives the slot up (max_slot_wal_keep_size) rather than fill its disk.'
  )
  let totals: Comparison = { lost: 0, unexpected: 0, outOfOrder: 0, duplicates: 0 }
  let confirmedTooMuch = 0
  const before = new Set(events.list().map(identityOf))
  const own = () => events.list().filter(event => !before.has(identityOf(event)))

  const { ledger, write } = createUserWriter(client, { prefix, users, perSecond, signal: stage.signal })
  const moments = openSlotMoments(stage, slot, () => ({ Changes: ledger.length, Events: countDifferent(own()) }))
  const results: Row[] = []
  for (const { what, down, up } of outagesOf(stage)) {
    const first = ledger.length
    const known = own().length
    await write(part)
    await moments.note('running')
    await Promise.all([down(), write(part)])
    await write(part)
    const { confirmed_flush_lsn } = await moments.note(what)
    await events.toTheEnd() // what is in Kafka counts, not what this reader has met of it so far
    const arrived = new Set(own().map(identityOf))
    const returned = performance.now()
    await Promise.all([up(), write(part)])
    await events.atLeast(before.size + ledger.length)
    const seconds = (performance.now() - returned) / 1_000
    await moments.note('caught up')

    const fresh = own().slice(known)
    const compared = compareWithEvents(ledger, own()) // of all so far: what comes twice may be older than this outage
    const missing = fresh.filter(event => !arrived.has(identityOf(event)))
    results.push({
      Outage: what,
      Changes: ledger.length - first,
      Events: fresh.length,
      Duplicates: compared.duplicates - totals.duplicates,
      Lost: compared.lost - totals.lost,
      'Out of order': compared.outOfOrder - totals.outOfOrder,
      'Oldest when it came, s':
        Math.max(0, ...missing.map(event => event.writtenAt.getTime() - event.committedAt.getTime())) / 1_000,
      'Caught up after, s': seconds
    })
    totals = compared
    confirmedTooMuch += missing.filter(({ lsn }) => lsn < parseLsn(confirmed_flush_lsn)).length
  }
  const last = own().reduce((latest, { lsn }) => (lsn > latest ? lsn : latest), 0n)
  const confirmed = await waitAtMost(
    stage,
    confirmTimeoutMs,
    async () => parseLsn((await readSlot(stage, slot)).confirmed_flush_lsn) >= last
  )
  await moments.note('at rest')
  narrator.table(moments.rows)
  narrator.table(results)

  claimNothingLost(narrator, ledger, own(), totals)
  narrator.claim(
    'the slot confirms only what is in Kafka, and in the end all of it',
    confirmedTooMuch === 0 && confirmed,
    `${confirmedTooMuch} changes confirmed before their event came; in the end ${confirmed ? 'the last one too' : 'not the last one'}`
  )
  narrator.fact('changes', ledger.length)
  narrator.fact('outages', results)
  narrator.fact('slot', moments.rows)
}

function claimNothingLost(
  narrator: Narrator,
  ledger: readonly Change[],
  all: readonly ChangeEvent[],
  totals: Comparison
): void {
  const byUser = Map.groupBy(all, ({ user }) => user)
  const scattered = [...byUser.values()].filter(list => new Set(list.map(({ partition }) => partition)).size > 1).length
  narrator.say(
    'A connector that is killed begins again where it last stored its offset, which it does every second here: what it had sent since comes twice. ' +
      'A reader knows such an event by its id and key; deadLetterReplay may get the insert of a user twice, and the second one changes nothing.'
  )
  narrator.claim(
    'no change is lost, and none is made up',
    totals.lost + totals.unexpected === 0,
    `${ledger.length} changes committed, ${countDifferent(all)} different events, ${totals.lost} lost, ${totals.unexpected} unexplained`
  )
  narrator.claim(
    'the events of each user are in the order of the commits, on one partition',
    totals.outOfOrder + scattered === 0,
    `${byUser.size} users, ${totals.outOfOrder} events out of order, ${scattered} users on several partitions; ${totals.duplicates} events came twice`
  )
}

/** In the order in which they come. */
function outagesOf(stage: Stage): readonly Outage[] {
  const { act } = stage
  return [
    {
      what: 'paused',
      down: () => setConnector(stage, connector, 'pause'),
      up: () => setConnector(stage, connector, 'resume')
    },
    {
      what: 'stopped',
      down: () => setConnector(stage, connector, 'stop'),
      up: () => setConnector(stage, connector, 'resume')
    },
    { what: 'Connect killed', down: () => act('kill', 'connect'), up: () => act('start', 'connect') }
  ]
}
