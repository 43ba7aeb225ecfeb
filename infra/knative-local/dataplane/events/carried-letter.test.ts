import fc from 'fast-check'
import { expect, test } from 'vitest'
import { carriedLetter } from './carried-letter.ts'
import type { CloudEvent } from './cloud-event.ts'
import { eventToRequest } from './event-to-request.ts'
import { httpToEvent } from './http-to-event.ts'
import { letterBudget, whyNotCarried } from './header-budget.ts'

const letter: CloudEvent = {
  specversion: '1.0',
  id: 'an-id',
  source: '/source',
  type: 'a.type',
  extensions: new Map([['knativeerrordest', 'http://sink']]),
  data: Buffer.from('data')
}

const withMore = (more: Iterable<readonly [string, string]>): CloudEvent => ({
  ...letter,
  extensions: new Map([...letter.extensions, ...more])
})

test('a letter that fits stays as it is', () => {
  expect(carriedLetter(letter)).toBe(letter)
})

test('an attribute with control characters is percent-encoded as a whole, others are not', () => {
  const carried = carriedLetter({
    ...withMore([
      ['key', '\u0000\u0002 "50%" é😀\n'],
      ['other', '50% é']
    ]),
    subject: 'a\nb'
  })
  expect(carried.extensions.get('key')).toBe('%00%02%20%2250%25%22%20%C3%A9%F0%9F%98%80%0A')
  expect(decodeURIComponent(String(carried.extensions.get('key')))).toBe('\u0000\u0002 "50%" é😀\n')
  expect(carried.extensions.get('other')).toBe('50% é')
  expect(carried.subject).toBe('a%0Ab')
  expect(carried.data).toBe(letter.data)
})

test('the largest attributes are left out, and named', () => {
  const carried = carriedLetter({
    ...withMore([
      ['small', 'x'],
      ['large', 'x'.repeat(20_000)],
      ['larger', 'x'.repeat(30_000)]
    ]),
    subject: 'x'.repeat(10_000)
  })
  expect(Object.fromEntries(carried.extensions)).toEqual({
    knativeerrordest: 'http://sink',
    small: 'x',
    knativeerrorleftout: 'larger large'
  })
  expect(carried.subject).toHaveLength(10_000)
})

test('what makes the event the one that it is is cut where no request could carry it', () => {
  const carried = carriedLetter({
    ...letter,
    id: 'i'.repeat(900_000),
    type: '%0A'.repeat(1_000),
    source: '/s'.repeat(9_000),
    datacontenttype: 'x/'.repeat(9_000)
  })
  expect(whyNotCarried(carried, letterBudget)).toBeUndefined()
  expect(carried.id).toBe('i'.repeat(1_024))
  expect(() => decodeURIComponent(carried.type)).not.toThrow()
})

test.each([
  ['a structured event that cannot be read', 'application/cloudevents+json', '{{{'],
  ['a batch', 'Application/CloudEvents-Batch+json; charset=utf-8', '[]'],
  ['JSON nested too deep', 'application/json', '['.repeat(50_000)],
  ['the same without a content type', undefined, '['.repeat(50_000)]
])('%s arrives as bytes', (_, datacontenttype, text) => {
  const carried = carriedLetter({ ...letter, datacontenttype, data: Buffer.from(text) })
  expect(carried.datacontenttype).toBe('application/octet-stream')
  expect(carried.data?.toString()).toBe(text)
  const { headers, body } = eventToRequest(carried, 'ns')
  const received = httpToEvent(headers, body ?? Buffer.alloc(0))
  expect(received).toMatchObject({ id: letter.id, data: carried.data })
  expect(whyNotCarried(received, letterBudget)).toBeUndefined()
})

test('whatever the attributes are, a request can carry the letter, with its identity and its data', () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.nat(20_000).map(length => 'x'.repeat(length))
  )
  const extensions = fc.array(fc.tuple(fc.stringMatching(/^[a-z0-9]{1,12}$/), value), { maxLength: 150 })
  fc.assert(
    fc.property(extensions, fc.option(value, { nil: undefined }), (more, subject) => {
      const carried = carriedLetter({ ...withMore(more), subject })
      expect(whyNotCarried(carried, letterBudget)).toBeUndefined()
      expect(() => eventToRequest(carried, 'ns')).not.toThrow()
      expect(carried).toMatchObject({ id: letter.id, source: letter.source, type: letter.type, data: letter.data })
    })
  )
})
