// The account of the whole play: by step what came twice, by function what became of it.
import type { Narrator } from '../report/narrator.ts'
import { type EffectRows, effectRowsOfLoad } from '../stage/effect-rows.ts'
import { type Effects, effectsOfLoad } from '../stage/effects-of-load.ts'
import { comeToRest, type StudentLoad } from '../stage/student-load.ts'
import type { Play } from './play.ts'

export async function tellWhatItCost(play: Play, load: StudentLoad): Promise<void> {
  const { stage, narrator, log, turns } = play
  await comeToRest(stage, load)
  narrator.say('By step. A join takes as long as its process needs to start; a kill, as long as the session lasts.')
  narrator.table(
    turns.map(({ step, members, sharedAfterMs, deliveries, deliveredTwice, longestAnswerMs }) => ({
      STEP: step,
      'MEMBERS AFTERWARDS': members.join(', '),
      'REBALANCED AFTER S': Math.round(sharedAfterMs / 100) / 10,
      DELIVERIES: deliveries,
      'DELIVERED TWICE': deliveredTwice,
      'LONGEST ANSWER S': Math.round(longestAnswerMs / 100) / 10
    }))
  )
  narrator.say(
    'By function. In the transaction of its effect a function writes the event into handled_events; an event that is there already is answered and not handled again. The primary key refuses a second row.'
  )
  const effects = await effectsOfLoad(stage, load, log.all)
  narrator.table(
    effects.map(effect => ({
      FUNCTION: effect.function,
      SENT: effect.sent,
      DELIVERED: effect.delivered,
      'DELIVERED TWICE': effect.deliveredTwice,
      APPLIED: effect.applied,
      LOST: effect.sent - effect.applied
    }))
  )
  narrator.say(
    'By table. Each row keeps the transaction that wrote it last (xmin): an effect that was done again would have one that wrote nothing into handled_events.'
  )
  const tables = await effectRowsOfLoad(stage, load)
  narrator.table(
    tables.map(({ table, rows, writtenAgain }) => ({ TABLE: table, ROWS: rows, 'WRITTEN AGAIN': writtenAgain }))
  )
  narrator.fact('steps', turns)
  narrator.fact('effects', effects)
  narrator.fact('effectRows', tables)
  claimOnce(narrator, effects, tables)
}

function claimOnce(narrator: Narrator, effects: readonly Effects[], tables: readonly EffectRows[]): void {
  const sum = (of: (effect: Effects) => number) => effects.reduce((all, effect) => all + of(effect), 0)
  const twice = sum(({ deliveredTwice }) => deliveredTwice)
  const sent = sum(one => one.sent)
  const rows = tables.reduce((all, table) => all + table.rows, 0)
  const again = tables.reduce((all, table) => all + table.writtenAgain, 0)
  narrator.claim(
    'Kafka delivers each event at least once',
    effects.every(one => one.delivered === one.sent) && twice > 0,
    `${sum(one => one.delivered)} of ${sent} delivered, ${twice} of them twice`
  )
  narrator.claim(
    'PostgreSQL makes that one effect each',
    effects.every(one => one.applied === one.sent) && tables.every(one => one.rows > 0 && one.writtenAgain === 0),
    `${sum(one => one.applied)} applied, ${sent - sum(one => one.applied)} lost; ${twice} second deliveries wrote ${again} of ${rows} rows again`
  )
}
