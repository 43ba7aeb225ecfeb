// The account of the whole play: by step what came twice, by function what became of it.
import type { Narrator } from '../report/narrator.ts'
import { effectsOfLoad } from '../stage/effects-of-load.ts'
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
    'By function. In the transaction of its effect a function writes the event into its inbox; what it finds there it answers and does not do again. One without an inbox would have as many effects as deliveries.'
  )
  const effects = await effectsOfLoad(stage, load, log.all)
  narrator.table(
    effects.map(effect => ({
      FUNCTION: effect.function,
      SENT: effect.sent,
      DELIVERED: effect.delivered,
      'DELIVERED TWICE': effect.deliveredTwice,
      'EFFECTS WITHOUT INBOX': effect.delivered + effect.deliveredTwice,
      APPLIED: effect.applied,
      'APPLIED TWICE': effect.appliedTwice,
      LOST: effect.sent - effect.applied
    }))
  )
  narrator.fact('steps', turns)
  narrator.fact('effects', effects)
  claimOnce(narrator, effects)
}

function claimOnce(narrator: Narrator, effects: Awaited<ReturnType<typeof effectsOfLoad>>): void {
  const sum = (of: (effect: (typeof effects)[number]) => number) => effects.reduce((all, effect) => all + of(effect), 0)
  const twice = sum(({ deliveredTwice }) => deliveredTwice)
  const sent = sum(one => one.sent)
  narrator.claim(
    'Kafka delivers each event at least once',
    effects.every(one => one.delivered === one.sent) && twice > 0,
    `${sum(one => one.delivered)} of ${sent} delivered, ${twice} of them twice`
  )
  narrator.claim(
    'PostgreSQL makes that one effect each',
    effects.every(one => one.applied === one.sent && one.appliedTwice === 0),
    `${sum(one => one.applied)} applied, ${sum(one => one.appliedTwice)} applied twice, ${sent - sum(one => one.applied)} lost`
  )
}
