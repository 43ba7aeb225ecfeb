import { expect, test } from 'vitest'
import type { CloudEvent } from './cloud-event.ts'
import { eventToRequest, UnsendableEvent } from './event-to-request.ts'

const event: CloudEvent = {
  specversion: '1.0',
  id: 'an-id',
  source: '/source',
  type: 'a.type',
  extensions: new Map(),
  data: null
}

// What the original's writer does with ceOverrides: each name becomes its header, beside the attribute's own.
// https://github.com/cloudevents/sdk-java/blob/v4.0.1/http/vertx/src/main/java/io/cloudevents/http/vertx/impl/CloudEventsHeaders.java
test.each([
  ['datacontenttype', 'content-type', []],
  ['id', 'ce-id', ['an-id']],
  ['source', 'ce-source', ['/source']],
  ['type', 'ce-type', ['a.type']],
  ['specversion', 'ce-specversion', ['1.0']],
  ['subject', 'ce-subject', []],
  ['time', 'ce-time', []],
  ['dataschema', 'ce-dataschema', []],
  ['tenant', 'ce-tenant', []]
])('an override of %s is sent as %s', (name, header, own) => {
  const { headers } = eventToRequest({ ...event, extensions: new Map([[name, 'override']]) }, 'ns')
  expect(headers.filter((_, i) => headers[i - 1] === header)).toEqual([...own, 'override'])
})

test("an overridden content type is sent beside the record's own", () => {
  const extensions = new Map([['datacontenttype', 'application/json']])
  const { headers } = eventToRequest({ ...event, datacontenttype: 'text/plain', extensions }, 'ns')
  expect(headers.filter((_, i) => headers[i - 1] === 'content-type')).toEqual(['text/plain', 'application/json'])
})

test.each([
  ['many attributes', Array.from({ length: 80_000 }, (_, index) => [`a${index}`, '1'] as const)],
  ['a large one', [['a', 'x'.repeat(62_000)] as const]]
])('no request is made of %s: its server would reset the connection, at every try', (_, extensions) => {
  expect(() => eventToRequest({ ...event, extensions: new Map(extensions) }, 'ns')).toThrow(UnsendableEvent)
  expect(() => eventToRequest({ ...event, extensions: new Map([['a', 'x'.repeat(60_000)]]) }, 'ns')).not.toThrow()
})
