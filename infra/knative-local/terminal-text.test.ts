import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lines, oneLine, safeJson, shortLine } from './terminal-text.ts'

test.each([
  ['an escape sequence', '\u001b[2Jgone', '\\u001b[2Jgone'],
  ['the one-byte CSI', '\u009b31mred', '\\u009b31mred'],
  ['a forged line', 'ok\nlevel 50 all is lost', 'ok\\u000alevel 50 all is lost'],
  ['a carriage return', 'bad\rgood', 'bad\\u000dgood'],
  ['a turned reading direction', 'user\u202e1', 'user\\u202e1'],
  ['an invisible tag, by its two halves', 'a\u{e0041}b', 'a\\udb40\\udc41b'],
  ['half a surrogate pair', 'a\ud800b', 'a\\ud800b'],
  ['a line separator', 'a\u2028b', 'a\\u2028b']
])('%s is shown, not obeyed', (_, given, shown) => {
  expect(oneLine(given)).toBe(shown)
})

test('names of people stay as they are', () => {
  for (const name of ['東京', 'Zoë Müller', 'علی‌رضا', '👩‍🚀', 'tab-free text']) expect(oneLine(name)).toBe(name)
})

test('whatever comes, nothing is left that a terminal acts upon', () => {
  const acts = /\p{Cc}|[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      expect(oneLine(text)).not.toMatch(acts)
      expect(lines(text).replaceAll(/[\n\t]/g, '')).not.toMatch(acts)
    })
  )
})

test('a line for a person is as long as a person reads', () => {
  expect(shortLine('ok\n')).toBe('ok\\u000a')
  expect(shortLine('i'.repeat(900_000))).toBe(`${'i'.repeat(2_000)}… (900000 characters)`)
})

test('JSON stays the same JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      const json = JSON.stringify(value, null, 2)
      expect(JSON.parse(lines(json))).toEqual(JSON.parse(json))
    })
  )
})

test('keys and values of an object are made safe', () => {
  expect(safeJson({ 'a\u001b': ['b\n', { c: 1, d: null }] })).toEqual({
    'a\\u001b': ['b\\u000a', { c: 1, d: null }]
  })
})
