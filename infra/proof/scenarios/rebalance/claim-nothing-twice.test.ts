import { expect, test } from 'vitest'
import { createNarration } from '../report/narrator.ts'
import { claimNothingTwice } from './claim-nothing-twice.ts'

const turn = {
  step: 'member-2 joins',
  members: ['member-1', 'member-2'],
  sharedAfterMs: 3_000,
  deliveries: 30,
  deliveredTwice: 0,
  longestAnswerMs: 1_200,
  sessionsLost: 0
}

test('that nothing comes twice holds or not by the figure, while every answer was quick', () => {
  expect(narrated(turn)).toMatchObject([{ kind: 'claim', holds: true }])
  expect(narrated({ ...turn, deliveredTwice: 1 })).toMatchObject([{ kind: 'claim', holds: false }])
})

test('behind a request that outlasted the wait for it the figure is printed and nothing claimed', () => {
  expect(narrated({ ...turn, deliveredTwice: 1, longestAnswerMs: 5_000 })).toEqual([
    { kind: 'said', text: expect.stringMatching(/1 of 30 deliveries.*took longer than the 5\.0 s/) }
  ])
})

test('behind a session that was lost the figure is printed and nothing claimed', () => {
  expect(narrated({ ...turn, sessionsLost: 2 })).toEqual([
    { kind: 'said', text: expect.stringMatching(/0 of 30 deliveries.*heartbeats of 2 members/) }
  ])
})

function narrated(one: typeof turn) {
  const narration = createNarration({ step: () => undefined, entry: () => undefined })
  narration.step('A join')
  claimNothingTwice(narration, 'a join makes nothing come twice', one)
  return narration.steps[0]?.entries
}
