import { expect, test } from 'vitest'
import type { CloudEvent } from '../events/cloud-event.ts'
import { deadLetter } from './dead-letter.ts'

const event: CloudEvent = {
  specversion: '1.0',
  id: 'an-id',
  source: '/source',
  type: 'a.type',
  extensions: new Map([['tenant', 'acme']]),
  data: Buffer.from('data')
}

test('without a response only the destination is known', () => {
  expect(Object.fromEntries(deadLetter(event, 'http://sink').extensions)).toEqual({
    tenant: 'acme',
    knativeerrordest: 'http://sink'
  })
})

test('of a response the status, 1,024 bytes of the body and its kne- headers are kept', () => {
  const letter = deadLetter(event, 'http://sink', {
    status: 422,
    headers: ['kne-Reason', 'user-not-found', 'KNE-tenant', 'other', 'x-other', 'x', 'kne-not-a-name', 'x'],
    body: Buffer.alloc(3000, 'x')
  })
  expect(Object.fromEntries(letter.extensions)).toEqual({
    tenant: 'other',
    knativeerrordest: 'http://sink',
    knativeerrorcode: '422',
    knativeerrordata: Buffer.alloc(1024, 'x').toString('base64'),
    reason: 'user-not-found'
  })
  expect(letter).toMatchObject({ id: 'an-id', source: '/source', type: 'a.type', data: event.data })
})

test('an empty body leaves no error data', () => {
  const letter = deadLetter(event, 'http://sink', { status: 503, headers: [], body: Buffer.alloc(0) })
  expect(letter.extensions.has('knativeerrordata')).toBe(false)
})

test('a letter is an event of 1.0, whatever it was', () => {
  expect(deadLetter({ ...event, specversion: '0.3' }, 'http://sink').specversion).toBe('1.0')
})

test('an attribute that ceOverrides called as an extension is the attribute of the letter', () => {
  const overridden = {
    ...event,
    extensions: new Map([
      ['type', 'another'],
      ['datacontenttype', 'text/plain'],
      ['specversion', '0.3'],
      ['source', 'no uri'],
      ['time', '2026-01-02T03:04:05.0Z']
    ])
  }
  const letter = deadLetter(overridden, 'http://sink')
  expect(letter).toMatchObject({
    specversion: '1.0',
    id: 'an-id',
    source: '/source',
    type: 'another',
    datacontenttype: 'text/plain'
  })
  expect(letter.time).toBe('2026-01-02T03:04:05Z')
  expect([...letter.extensions.keys()]).toEqual(['knativeerrordest'])
})
