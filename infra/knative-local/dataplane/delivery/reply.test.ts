import { expect, test } from 'vitest'
import { readReply } from './reply.ts'

const binary = ['ce-specversion', '1.0', 'ce-id', 'an-id', 'ce-source', '/source', 'ce-type', 'a.type']

test('an event in binary or structured form is a reply, with or without data', () => {
  expect(readReply({ status: 200, headers: binary, body: Buffer.from('data') })).toMatchObject({
    event: { id: 'an-id', data: Buffer.from('data') }
  })
  expect(readReply({ status: 202, headers: binary, body: Buffer.alloc(0) })).toMatchObject({ event: { data: null } })
  const body = Buffer.from('{"specversion":"1.0","id":"another","source":"/s","type":"t"}')
  const headers = ['content-type', 'application/cloudevents+json; charset=utf-8']
  expect(readReply({ status: 200, headers, body })).toMatchObject({ event: { id: 'another' } })
})

test('no body is no reply', () => {
  expect(readReply({ status: 204, headers: [], body: Buffer.alloc(0) })).toEqual({})
})

test.each([
  ['text', ['content-type', 'text/plain'], 'done'],
  ['JSON', ['content-type', 'application/json'], '{"done":true}'],
  ['an event that lacks its type', binary.slice(0, -2), 'data']
])('%s is an invalid reply', (_what, headers, body) => {
  expect(readReply({ status: 200, headers, body: Buffer.from(body) })).toHaveProperty('invalid')
})

test('a reply of which a part is missing is invalid', () => {
  expect(readReply({ status: 200, headers: binary, body: Buffer.from('da'), truncated: true })).toHaveProperty(
    'invalid'
  )
})
