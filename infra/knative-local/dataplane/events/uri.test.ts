import { expect, test } from 'vitest'
import { isUri } from './uri.ts'

test.each([
  '/src',
  '/o?x=%20y',
  '',
  '#fragment',
  'urn:uuid:6e8bc430',
  'mailto:a@example.com',
  'http://example.com',
  'http://example.com/ü?q=[1]',
  'https://user@example.com:8080/a/b;c=1',
  'http://[::1]:80/a',
  'http://user@[fe80::1]/a',
  '/apis/v1/namespaces/fns/kafkasources/a#topic'
])('%j is a URI', text => {
  expect(isUri(text)).toBe(true)
})

test.each([
  'a b',
  '/a#b#c',
  '%zz',
  'http://',
  '//',
  '1a:b',
  ':a',
  'urn:',
  '/a"b',
  '/a<b>',
  '/{id}',
  '/a[0]',
  'http://[::1',
  'http://[zz]/',
  'http://[::1]x/',
  'a\\b',
  'a|b',
  '/a\u0000'
])('%j is none', text => {
  expect(isUri(text)).toBe(false)
})

test('megabytes are read as bytes are', () => {
  const long = 'a'.repeat(20 * 1024 * 1024)
  expect(isUri(`/${long}`)).toBe(true)
  expect(isUri(`${long}:x`)).toBe(true)
  expect(isUri(`//${long}[`)).toBe(false)
  expect(isUri(`${long} `)).toBe(false)
})
