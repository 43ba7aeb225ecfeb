import { expect, test } from 'vitest'
import { summary } from './outcomes.ts'

const said = (...all: string[]) => all.map(one => ({ said: one, reason: one === 'open' ? 'user-not-found' : '' }))

test.each([
  ['nothing, and its group has not read it', [], false, 'waiting'],
  ['nothing, and its group has passed it', [], true, 'taken'],
  ['its effect', ['applied'], true, 'applied'],
  ['its effect, after attempts that failed', ['applied', 'failing'], true, 'applied'],
  ['its effect, after a letter', ['applied', 'resolved'], true, 'applied'],
  ['an open letter', ['open', 'failing'], true, 'letter'],
  ['a letter that is being replayed', ['replaying'], true, 'letter'],
  ['a letter that was given up, whose place was filled', ['discarded', 'applied'], true, 'discarded'],
  ['an answer', ['answered'], true, 'answered'],
  ['that it is held', ['held'], true, 'held'],
  ['attempts that failed, and it is tried again', ['failing'], false, 'failing'],
  ['attempts that failed, and its group has passed it', ['failing'], true, 'taken']
])('of an event of which the database says %s', (_, rows, isRead, outcome) => {
  expect(summary(said(...rows), isRead)).toMatchObject({ outcome })
})
