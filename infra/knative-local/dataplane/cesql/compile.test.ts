// The rules of the CloudEvents SQL specification and its technology compatibility kit, in examples of our own.
// https://github.com/cloudevents/spec/tree/main/cesql
import { expect, test } from 'vitest'
import type { CloudEvent } from '../events/cloud-event.ts'
import { compileCesql } from './compile.ts'
import { CesqlSyntaxError } from './tokens.ts'

const event: CloudEvent = {
  specversion: '1.0',
  id: 'an-id',
  source: 'http://example.com/source',
  type: 'com.example.Made',
  subject: 'Ada',
  extensions: new Map<string, string | number | boolean>([
    ['sequence', '5'],
    ['hop', '5'],
    ['ttl', '10'],
    ['count', 7],
    ['urgent', true],
    ['tenant', 'school-1'],
    ['word', 'abc']
  ]),
  data: null
}

test.each([
  // literals and casing of keywords
  'TRUE',
  'tRuE',
  'NOT fAlSe',
  '\'a"b\\\'c\' = "a\\"b\'c"',
  // comparisons; the left side takes the type of the right one
  '2 = 2',
  '1 <> 2',
  '1 != 2',
  '2 <= 2',
  '3 > 2',
  "'abc' != 'abd'",
  'sequence = 5',
  "count = '7'",
  "'TRUE' = TRUE",
  'hop < ttl',
  'int(hop) < INT(ttl) AND int(hop) < 1000',
  // logic groups from the right, all three operators alike
  'TRUE OR FALSE AND FALSE',
  'TRUE XOR TRUE AND FALSE',
  'NOT (FALSE OR FALSE)',
  '(TRUE AND FALSE) OR TRUE',
  // arithmetic, 32 bits
  '4 * 2 = 8',
  '5 / 3 = 1',
  '-5 / 3 = -1',
  '-5 % 3 = -2',
  '2 + 3 * 4 = 14',
  '4 - 1 = 3',
  '2147483647 + 1 = -2147483648',
  '5 / 0 = 0',
  '5 % 0 = 0',
  '--10 = 10',
  "-'10' = -10",
  '-TRUE = -1',
  // LIKE
  "word LIKE 'abc'",
  "word LIKE 'a%'",
  "word LIKE '_b_'",
  "word NOT LIKE 'b%'",
  "tenant LIKE 'school-_'",
  "'a%b' LIKE 'a\\%b'",
  "'axb' NOT LIKE 'a\\%b'",
  "'a_b' LIKE 'a\\_b'",
  "'.a.b.' LIKE '._._.'",
  "234 LIKE '23_'",
  "TRUE LIKE 'tr%'",
  // IN; items take the type of the left side
  '123 IN (1, 12, 123)',
  "'a' NOT IN ('b', 'c')",
  "TRUE IN ('true', 'x')",
  "'1' IN (1, 2)",
  "source IN (word, 'http://example.com/source')",
  // EXISTS
  'EXISTS id AND EXISTS source AND EXISTS type AND EXISTS specversion',
  'EXISTS subject',
  'EXISTS SUBJECT',
  'NOT EXISTS time',
  'EXISTS tenant',
  // functions
  'ABS(-10) = 10',
  'ABS(-2147483648) = 2147483647',
  "LENGTH('abc') = 3",
  'LENGTH(TRUE) = 4',
  "CONCAT('a', 1, TRUE) = 'a1true'",
  "CONCAT() = ''",
  "CONCAT_WS(',', 'a', 'b') = 'a,b'",
  "CONCAT_WS(',') = ''",
  "LOWER('AbC') = 'abc'",
  "UPPER('AbC') = 'ABC'",
  "TRIM('  a b ') = 'a b'",
  "LEFT('abc', 2) = 'ab'",
  "LEFT('abc', 10) = 'abc'",
  "LEFT('abc', -2) = 'abc'",
  "RIGHT('abc', 2) = 'bc'",
  "RIGHT('abc', 10) = 'abc'",
  "RIGHT('abc', 0) = ''",
  "SUBSTRING('abcdef', 2) = 'bcdef'",
  "SUBSTRING('abcdef', -3) = 'def'",
  "SUBSTRING('abcdef', 2, 4) = 'bcde'",
  "SUBSTRING('abcdef', -5, 3) = 'bcd'",
  "SUBSTRING('abcdef', 0) = ''",
  "SUBSTRING('abcdef', 10) = ''",
  "INT('-1') = -1",
  'INT(TRUE) = 1',
  "INT('abc') = 0",
  'BOOL(-50)',
  "BOOL('TRUE')",
  "STRING(1) = '1'",
  "IS_INT('12')",
  "IS_BOOL('false')",
  'urgent',
  'count',
  // what is missing gives the default of the operator around it
  'missing * 5 = 0',
  '1 / missing = 0',
  'NOT (missing = 2)',
  'NOT (missing != 2)',
  "missing LIKE 'false'"
])('%s', expression => {
  expect(compileCesql(expression)(event)).toBe(true)
})

test.each([
  'FALSE',
  'TRUE XOR TRUE',
  '2 = 3',
  "'true' = 'TRUE'",
  "'true' IN ('TRUE')",
  'missing',
  'NOT missing',
  'missing = 2',
  'missing != 2',
  'missing < 2',
  'NOT 10',
  "NOT 'TRUE'",
  // attribute names are lower case; other casing is another name
  "Subject = 'Ada'",
  "BOOL('abc')",
  "'not a boolean'",
  'CONCAT_WS()',
  'NO_SUCH_FUNCTION(1)',
  "IS_INT('abc')",
  "IS_BOOL('1')"
])('not: %s', expression => {
  expect(compileCesql(expression)(event)).toBe(false)
})

test.each([
  'ABC(',
  'x LIKE 123',
  '1-1',
  '()',
  '',
  'a IN ()',
  'a b',
  "'open",
  'EXISTS 5 5',
  '99999999999',
  'a = ;',
  'AND'
])('no expression: %s', expression => {
  expect(() => compileCesql(expression)).toThrow(CesqlSyntaxError)
})
