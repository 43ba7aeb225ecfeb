import { expect, test } from 'vitest'
import type { KafkaSource } from '../manifests/plan.ts'
import { chooseBootstrap } from './plan-bootstrap.ts'

const plan = (...clusters: string[][]) => ({
  kafkaSources: clusters.map(
    (bootstrapServers, index) => ({ namespace: 'shop', name: `s${index}`, bootstrapServers }) as unknown as KafkaSource
  ),
  kafkaSinks: [],
  brokers: []
})

test('the Kafka of the YAML is used, whatever the order of its servers', () => {
  expect(chooseBootstrap(undefined, plan(['a:1', 'b:1'], ['b:1', 'a:1']))).toEqual({ servers: ['a:1', 'b:1'] })
})

test('--bootstrap takes its place, and says so', () => {
  expect(chooseBootstrap(['c:1'], plan(['a:1']))).toEqual({
    servers: ['c:1'],
    note: '--bootstrap c:1 takes the place of a:1'
  })
  expect(chooseBootstrap(['a:1'], plan(['a:1']))).toEqual({ servers: ['a:1'] })
})

test('no Kafka and several are said, with what to do', () => {
  expect(chooseBootstrap(undefined, plan())).toEqual({ problem: 'the YAML names no Kafka: give --bootstrap HOST:PORT' })
  expect(chooseBootstrap(undefined, plan(['a:1'], ['b:1']))).toEqual({
    problem:
      'the YAML names several Kafka clusters: a:1 (KafkaSource shop/s0), b:1 (KafkaSource shop/s1). Run one data plane for each, or give --bootstrap for all'
  })
})
