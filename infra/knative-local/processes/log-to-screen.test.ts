import { expect, test } from 'vitest'
import { logToScreen } from './log-to-screen.ts'

test('warnings and errors are shown as sentences, other lines of the log are not', () => {
  const { take, shown } = screen()
  take('{"level":30,"msg":"listening"}')
  take('{"level":40,"msg":"the database is not available","reason":"refused"}')
  take('{"level":50,"msg":"unexpected failure"}')
  expect(shown).toEqual(['fn: the database is not available (refused)', 'fn: unexpected failure'])
})

test('what is no log line is shown as it is', () => {
  const { take, shown } = screen()
  take('Invalid environment')
  take('')
  take('{ not json')
  expect(shown).toEqual(['fn: Invalid environment', 'fn: { not json'])
})

test('the same sentence is shown once in ten seconds', () => {
  const { take, shown, wait } = screen()
  const line = '{"level":40,"msg":"away"}'
  take(line)
  take(line)
  wait(9_999)
  take(line)
  expect(shown).toHaveLength(1)
  wait(2)
  take(line)
  expect(shown).toHaveLength(2)
})

test('the event is named, with the command that says more of it, and how many others failed alike', () => {
  const { take, shown, wait } = screen()
  const line = (eventId: string) => JSON.stringify({ level: 40, msg: 'failed permanently', reason: 'no-user', eventId })
  for (const id of ['e-1', 'e-2', 'e-3']) take(line(id))
  wait(10_001)
  take(line('e-4'))
  expect(shown).toEqual([
    'fn: failed permanently (no-user), event e-1: npm run local -- logs --event e-1',
    'fn: failed permanently (no-user), event e-4: npm run local -- logs --event e-4 (and 2 more since the last such line)'
  ])
})

test('an id that a shell would act upon is in no command, and nothing moves the cursor', () => {
  const { take, shown } = screen()
  take(JSON.stringify({ level: 40, msg: 'no', eventId: '$(reboot)' }))
  take(JSON.stringify({ level: 40, msg: 'no\u009b2J', eventId: 'a\nb' }))
  take('plain \u001b[2J')
  expect(shown).toEqual(['fn: no, event "$(reboot)"', 'fn: no\\u009b2J, event "a\\nb"', 'fn: plain \\u001b[2J'])
})

function screen() {
  const shown: string[] = []
  let now = 0
  const take = logToScreen(
    'fn',
    sentence => shown.push(sentence),
    () => now
  )
  return { take, shown, wait: (ms: number) => (now += ms) }
}
