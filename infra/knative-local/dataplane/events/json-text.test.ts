import { expect, test } from 'vitest'
import { javaDouble, javaFloat } from './java-double.ts'
import { readJsonObject } from './json-text.ts'

function compact(json: string): string | undefined {
  return readJsonObject(`{"value":${json}}`).get('value')?.text
}

test.each([
  ['{"b" : 1,"a":[1.0,2e3]}', '{"b":1,"a":[1.0,2000.0]}'],
  ['1e10', '1.0E10'],
  ['12345678.9', '1.23456789E7'],
  ['0.001', '0.001'],
  ['0.00012', '1.2E-4'],
  ['100', '100'],
  ['123456789012345678901234567890', '123456789012345678901234567890'],
  ['-0', '0'],
  ['-0.0', '-0.0'],
  ['1E400', '"Infinity"'],
  ['"\\u00e9\\u001f\\n\\/"', '"é\\u001F\\n/"'],
  ['{"2":1,"1":2}', '{"2":1,"1":2}'],
  ['{"a":1,"b":2,"a":3}', '{"a":3,"b":2}'],
  ['[ ]', '[]'],
  ['{ }', '{}'],
  ['null', 'null']
])('%s is written as %s', (given, written) => {
  expect(compact(given)).toBe(written)
})

test.each(['01', '1.', '.5', '+1', '1e', 'tru', '"open', '[1,]', '{"a":}', "{'a':1}", 'NaN'])(
  '%s is no JSON',
  given => {
    expect(() => compact(given)).toThrow(SyntaxError)
  }
)

test('what follows the object is not read', () => {
  expect([...readJsonObject('{"a":1} and more').keys()]).toEqual(['a'])
})

test('nesting is bounded', () => {
  expect(() => compact('['.repeat(2000) + ']'.repeat(2000))).toThrow(/deeper/)
})

test('floats and doubles have the digits of Java', () => {
  expect(javaFloat(Math.fround(3.1415927))).toBe('3.1415927')
  expect(javaFloat(Math.fround(0.1))).toBe('0.1')
  expect(javaFloat(Math.fround(1e10))).toBe('1.0E10')
  expect(javaDouble(3.141592653589793)).toBe('3.141592653589793')
  expect(javaDouble(100)).toBe('100.0')
  expect(javaDouble(9_999_999)).toBe('9999999.0')
  expect(javaDouble(10_000_000)).toBe('1.0E7')
  expect(javaDouble(-1.5e-7)).toBe('-1.5E-7')
  expect(javaDouble(Number.NaN)).toBe('NaN')
})
