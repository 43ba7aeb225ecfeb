import { expect, test } from 'vitest'
import { firstAtPath } from './json-path.ts'
import { resourceTypes } from './resource-types.ts'

const object = {
  metadata: { annotations: { 'eventing.knative.dev/broker.class': 'Kafka' } },
  spec: { topics: ['a', 'b'], enabled: false },
  status: {
    conditions: [
      { type: 'Warning', status: 'x' },
      { type: 'Ready', status: 'True' }
    ]
  }
}

test.for([
  ['.spec.topics', ['a', 'b']],
  ['.spec.topics[*]', 'a'],
  ['.spec.enabled', false],
  ['.spec.nothing', undefined],
  ['.spec.nothing.below', undefined],
  ['.metadata.annotations.eventing\\.knative\\.dev/broker\\.class', 'Kafka'],
  [".metadata.annotations['eventing\\.knative\\.dev/broker\\.class']", 'Kafka'],
  ['.status.conditions[?(@.type=="Ready")].status', 'True'],
  [".status.conditions[?(@.type=='Ready')].status", 'True'],
  ['.status.conditions[?(@.type=="Other")].status', undefined]
] as const)('%s', ([path, expected]) => {
  expect(firstAtPath(object, path)).toEqual(expected)
})

test('every column of the known kinds can be read', () => {
  const plan = {
    objects: [],
    kafkaSources: [],
    kafkaSinks: [],
    brokers: [],
    triggers: [],
    services: [],
    kafkaTopics: [],
    kafkaConnectors: []
  }
  const columns = resourceTypes(plan).flatMap(type => type.columns)
  expect(columns.length).toBeGreaterThan(50)
  for (const { jsonPath } of columns) expect(() => firstAtPath(object, jsonPath)).not.toThrow()
})
