import { expect, test } from 'vitest'
import type { TriggerFilter } from '../../manifests/plan.ts'
import type { CloudEvent } from './cloud-event.ts'
import { compileFilter, FilterFailure } from './filter.ts'

const event: CloudEvent = {
  specversion: '1.0',
  id: 'an-id',
  source: '/source',
  type: 'school.order.v1.OrderCreated',
  time: '2026-01-02T04:04:05+01:00',
  extensions: new Map<string, string | number>([
    ['tenant', 'acme'],
    ['count', 7]
  ]),
  data: null
}

test.each<[string, Record<string, string>, boolean]>([
  ['no attributes', {}, true],
  ['an equal attribute', { type: 'school.order.v1.OrderCreated' }, true],
  ['another value', { type: 'school' }, false],
  ['an extension', { tenant: 'acme' }, true],
  ['a number as text', { count: '7' }, true],
  ['a missing attribute', { subject: 'x' }, false],
  ['an empty value, which asks for nothing', { subject: '' }, true],
  ['a time, compared in UTC', { time: '2026-01-02T03:04:05Z' }, true],
  ['several, which must all match', { tenant: 'acme', type: 'x' }, false]
])('spec.filter.attributes with %s', (_what, filterAttributes, matches) => {
  expect(compileFilter({ filterAttributes })(event)).toBe(matches)
})

test.each<[string, TriggerFilter[], boolean]>([
  ['none', [], true],
  ['exact', [{ exact: { tenant: 'acme' } }], true],
  ['prefix', [{ prefix: { type: 'school.' } }], true],
  ['suffix', [{ suffix: { type: '.OrderUpdated' } }], false],
  ['all', [{ all: [{ exact: { tenant: 'acme' } }, { suffix: { type: 'Created' } }] }], true],
  ['any', [{ any: [{ exact: { tenant: 'x' } }, { suffix: { type: 'Created' } }] }], true],
  ['not', [{ not: { exact: { tenant: 'acme' } } }], false],
  ['cesql', [{ cesql: "tenant = 'acme' AND count > 5" }], true],
  ['several, which must all match', [{ exact: { tenant: 'acme' } }, { cesql: 'FALSE' }], false],
  ['a prefix of a missing extension', [{ prefix: { missing: 'x' } }], false],
  ['not a prefix of a missing extension', [{ not: { prefix: { missing: 'x' } } }], true]
])('spec.filters: %s', (_what, filters, matches) => {
  // Filters take the place of attributes, which would not match here; an empty list does not.
  const filterAttributes: Record<string, string> = filters.length === 0 ? {} : { type: 'other' }
  expect(compileFilter({ filters, filterAttributes })(event)).toBe(matches)
})

test('a prefix of a missing subject fails, and the event is discarded, as in the original', () => {
  const filter = compileFilter({ filters: [{ not: { prefix: { subject: 'x' } } }], filterAttributes: {} })
  expect(() => filter(event)).toThrow(FilterFailure)
})
