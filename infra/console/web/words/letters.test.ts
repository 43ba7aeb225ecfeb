import { expect, test } from 'vitest'
import { answerWords, discardWords, replayWords, stateWords } from './letters.ts'

const options = { canary: 0, rate: 0, concurrency: 8, stopAfter: 0 }
const open = { state: 'open', closedBecause: null, waitsFor: null, dueAt: null, held: 0 }

test('a replay says its canary, its pace and when it stops', () => {
  expect(replayWords(0, options)).toEqual(['No open letter matches: nothing would be sent.'])
  const careful = replayWords(600, { canary: 5, rate: 2, concurrency: 4, stopAfter: 1 }).join('\n')
  expect(careful).toContain('First 5 letters alone; the other 595 only when all of those succeed.')
  expect(careful).toContain('At most 4 at a time, 2 a second: about 5 min for all.')
  expect(careful).toContain('It stops after 1 failure')
  expect(replayWords(1, { ...options, canary: 1 }).join('\n')).toContain('without a canary')
})

test('a discard says what continues without the event', () => {
  expect(discardWords('onAnyStudent', 1).join('\n')).toContain('1 later event of this student that waits behind it')
  expect(discardWords('onAnyStudent', 0).join('\n')).toContain('No later event waits behind it.')
})

test('an open letter says whom it waits for', () => {
  expect(stateWords({ ...open, waitsFor: 'user:user-9' })).toBe(
    'It is replayed automatically as soon as the user user-9 is there.'
  )
  expect(stateWords({ ...open, waitsFor: 'user:user-9', dueAt: '2026-11-27T00:00:00Z' })).toContain('in a moment')
  expect(stateWords({ ...open, held: 2 })).toContain('2 later events wait behind it')
  expect(stateWords({ ...open, state: 'discarded', closedBecause: 'discarded: a test' })).toBe('discarded: a test')
})

test('a function’s problem is shown by its detail, anything else as it came', () => {
  expect(answerWords('{"title":"Failed","detail":"no user has the id user-9"}')).toBe('no user has the id user-9')
  expect(answerWords('replayed 5 times already')).toBe('replayed 5 times already')
  expect(answerWords('"text"')).toBe('"text"')
})
