// Which keys move when partitions are added, and whether every record went where its key belongs.
import type { LogRange } from '../../audit/log-offsets.ts'
import type { Narrator } from '../report/narrator.ts'
import type { Stage } from '../stage/stage.ts'
import { moveKeys, partitionOf, shareThatMoves } from './key-partition.ts'
import { readLandedRecords } from './landed-records.ts'

export interface MovedKeys {
  /** How many partitions there were, and are. */
  readonly before: number
  readonly after: number
  /** Since the scenario began. */
  readonly written: readonly LogRange[]
}

export async function showMovedKeys(
  stage: Stage,
  narrator: Narrator,
  { before, after, written }: MovedKeys
): Promise<void> {
  narrator.step('Which keys move')
  await tellMovedKeys(stage, narrator, before, after)
  const landed = await readLandedRecords(stage, written, before, after)
  narrator.claim(
    'every record is where murmur2 of its key puts it, and no key goes back',
    landed.byOld + landed.byNew + landed.byBoth === landed.all && landed.byNew > 0 && landed.backAgain === 0,
    `${landed.all} records: ${landed.byOld} by ${before}, ${landed.byNew} by ${after}, ${landed.byBoth} by both; ${landed.backAgain} keys back again`
  )
  narrator.fact('records', landed)
}

async function tellMovedKeys({ database }: Stage, narrator: Narrator, before: number, after: number): Promise<void> {
  const { rows } = await database.query<{ id: string }>('select id from students order by created_at desc limit 10000')
  const keys = rows.map(({ id }) => id)
  const moved = moveKeys(keys, before, after)
  const leaving = moved.reduce((sum, { leave }) => sum + leave, 0)
  narrator.say(
    `A key's partition is murmur2(key) modulo their number, so ${percent(shareThatMoves(before, after))} of all keys move, not only those that fill the new ones; of the ${keys.length} students here ${leaving} do (${percent(leaving / keys.length)}).`
  )
  narrator.table(
    moved.map(({ partition, keysBefore, stay, leave, come, keysAfter }) => ({
      PARTITION: partition,
      [`KEYS OF ${before}`]: keysBefore,
      STAY: stay,
      LEAVE: leave,
      COME: come,
      [`KEYS OF ${after}`]: keysAfter
    }))
  )
  const places = keys.map(key => ({ key, from: partitionOf(key, before), to: partitionOf(key, after) }))
  const examples = places.filter(({ from, to }) => from !== to).slice(0, 3)
  narrator.say(`For example ${examples.map(({ key, from, to }) => `${key}: ${from} -> ${to}`).join(', ')}.`)
  narrator.fact('keys', { students: keys.length, moved: leaving })
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
