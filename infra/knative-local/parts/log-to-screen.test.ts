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
