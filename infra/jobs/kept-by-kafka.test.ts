import { expect, test } from 'vitest'
import { tooShort } from './kept-by-kafka.ts'

test('the longest way back counts: through the outbox until the night after its last day, and every dead letter topic behind it', () => {
  const kept = {
    outbox: [
      { topic: 'a', days: 2 },
      { topic: 'b', days: 1 }
    ],
    commands: [{ topic: 'c', days: 6 }],
    deadLetters: [
      { topic: 'd', days: 4 },
      { topic: 'e', days: 5 }
    ]
  }
  const ample = { outboxDays: 3, inboxDays: 16, closedLettersDays: 16 }
  expect(tooShort(ample, kept)).toEqual([])
  expect(tooShort({ ...ample, inboxDays: 15 }, kept)).toEqual([
    'INBOX_DAYS=15 is too short: an event can come again from what is kept: the outbox 4 days, then a 2 days, then d 4 days, then e 5 days. Set it to 16 or more.'
  ])
  expect(tooShort({ ...ample, closedLettersDays: 17 }, { ...kept, commands: [{ topic: 'c', days: 7 }] })).toEqual([
    'INBOX_DAYS=16 is too short: an event can come again from what is kept: c 7 days, then d 4 days, then e 5 days. Set it to 17 or more.'
  ])
  expect(tooShort({ ...ample, closedLettersDays: 15, outboxDays: 2 }, kept)).toHaveLength(2)
})
