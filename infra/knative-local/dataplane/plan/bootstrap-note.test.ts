import { expect, test } from 'vitest'
import type { KafkaSource } from '../../manifests/plan.ts'
import { bootstrapNote } from './bootstrap-note.ts'

const plan = (...clusters: string[][]) => ({
  kafkaSources: clusters.map(
    (bootstrapServers, index) => ({ namespace: 'shop', name: `s${index}`, bootstrapServers }) as unknown as KafkaSource
  ),
  kafkaSinks: [],
  brokers: []
})

test('the Kafka of the YAML needs no words, nor do several', () => {
  expect(bootstrapNote(undefined, plan(['a:1', 'b:1'], ['c:1']))).toBeUndefined()
})

test('--bootstrap says what it replaces, whatever the order of the servers', () => {
  expect(bootstrapNote(['c:1'], plan(['b:1', 'a:1'], ['d:1']))).toBe(
    '--bootstrap c:1 takes the place of a:1,b:1 and of d:1'
  )
  expect(bootstrapNote(['b:1', 'a:1'], plan(['a:1', 'b:1']))).toBeUndefined()
})

test('where nobody names a Kafka, that is said with what to do', () => {
  expect(() => bootstrapNote(undefined, plan())).toThrow('the YAML names no Kafka: give --bootstrap HOST:PORT')
})
