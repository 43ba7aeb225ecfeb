import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import type { Plan } from '../manifests/plan.ts'
import { freePorts } from '../testing/free-ports.ts'
import { dataPlaneStates } from './data-plane-states.ts'

const places = { ingressUrl: 'http://127.0.0.1:1', sinkIngressUrl: 'http://127.0.0.1:2' }
const named = (name: string, more = {}) => ({ namespace: 'shop', name, ...more })
const plan = {
  kafkaSources: [named('runs'), named('refused'), named('new')],
  triggers: [named('runs')],
  kafkaSinks: [named('sink', { topic: 'there' })],
  brokers: [named('broker', { topic: 'missing' })]
} as unknown as Plan
const topics = { topics: () => [{ topic: 'there', partitions: 1, replicas: 1 }] } as never

test('a source is as the data plane says, and what takes events is ready when its topic is there', async () => {
  const statusUrl = await serving({
    sources: [
      egress('KafkaSource', 'runs', { sinkUri: 'http://a', assignments: [{}] }),
      egress('KafkaSource', 'refused', { ready: false, state: 'failed', reason: 'Auth', message: 'wrong password' }),
      egress('Trigger', 'runs', { ready: false, state: 'joining' })
    ]
  })
  expect(Object.fromEntries(await dataPlaneStates(plan, { ...places, statusUrl }, topics))).toMatchObject({
    'KafkaSource/shop/runs': { ready: 'True', sinkUri: 'http://a', status: { placements: [{ vreplicas: 1 }] } },
    'KafkaSource/shop/refused': { ready: 'False', reason: 'Auth', message: 'wrong password' },
    'KafkaSource/shop/new': { ready: 'Unknown', reason: 'Starting' },
    'Trigger/shop/runs': { ready: 'False', message: 'the consumer group is joining' },
    'KafkaSink/shop/sink': { ready: 'True', url: 'http://127.0.0.1:2/shop/sink' },
    'Broker/shop/broker': { ready: 'False', reason: 'TopicNotPresent', url: 'http://127.0.0.1:1/shop/broker' }
  })
})

test.each([
  ['no data plane', nothing],
  ['something else at its port', () => serving({ hello: 'world' })]
])('nothing is ready with %s', async (_, place) => {
  const states = await dataPlaneStates(plan, { ...places, statusUrl: await place() }, topics)
  expect(states).toHaveLength(6)
  for (const [, state] of states) expect(state).toMatchObject({ ready: 'False', reason: 'DataPlane' })
})

function egress(kind: string, name: string, more: object) {
  return { kind, namespace: 'shop', name, ready: true, state: 'running', assignments: [], ...more }
}

async function serving(body: object): Promise<string> {
  const server = createServer((_, response) => response.end(JSON.stringify(body)))
  await new Promise<void>(fulfil => void server.listen(0, '127.0.0.1', fulfil))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/status`
}

async function nothing(): Promise<string> {
  const [port] = await freePorts(1)
  return `http://127.0.0.1:${port}/status`
}
