import * as conventions from '@opentelemetry/semantic-conventions/incubating'
import { expect, test } from 'vitest'
import { names } from './attribute-names.ts'

const ours = new Set<string>([names.outcome, names.reason])

test('attributes are called as in OpenTelemetry', () => {
  const known = new Set<unknown>(Object.values(conventions))
  expect(Object.values(names).filter(name => !ours.has(name) && !known.has(name))).toEqual([])
})
