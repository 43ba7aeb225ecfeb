import fc from 'fast-check'
import { expect, test } from 'vitest'
import { carriedLetter } from './carried-letter.ts'
import type { CloudEvent } from './cloud-event.ts'
import { eventToRequest } from './event-to-request.ts'
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
