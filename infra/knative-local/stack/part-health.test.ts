import { expect, test } from 'vitest'
import { refuseUnhealthyConnectors } from './connect.ts'
import { refuseUnhealthySources } from './data-plane.ts'

const source = { kind: 'KafkaSource', namespace: 'shop', name: 'orders' }
const record = { topic: 'orders', partition: 0, offset: 12, error: 'http://127.0.0.1:1 answered 503' }

test('a record that fails again and again makes the data plane unhealthy, and is named with its event and its error', () => {
  const status = { sources: [{ ...source, retrying: [{ ...record, eventId: 'e-1', failures: 22 }] }] }
  expect(() => refuseUnhealthySources(status)).toThrow(
    'KafkaSource shop/orders: delivery of orders/0@12 (event e-1) failed 22 times: http://127.0.0.1:1 answered 503'
  )
})

test('a failure that a restart explains does not', () => {
  expect(() =>
    refuseUnhealthySources({ sources: [{ ...source, retrying: [{ ...record, failures: 3 }] }] })
  ).not.toThrow()
  expect(() => refuseUnhealthySources({ sources: [] })).not.toThrow()
})

test('of many such records three are named, and the rest counted', () => {
  const retrying = Array.from({ length: 10 }, (_, offset) => ({ ...record, offset, failures: 9 }))
  expect(() => refuseUnhealthySources({ sources: [{ ...source, retrying }] })).toThrow(/and 7 more records$/)
})

test('a connector that does not run is named with its reason', () => {
  const running = { id: 0, state: 'RUNNING' }
  expect(() =>
    refuseUnhealthyConnectors([
      {
        name: 'users',
        connector: running,
        tasks: [
          {
            id: 0,
            state: 'FAILED',
            trace: 'a.ConnectException: noticed\n\tat x\nCaused by: b.RecordTooLarge: 1 MiB\n\tat y'
          }
        ]
      },
      { name: 'outbox', connector: running, tasks: [running] },
      { name: 'orders', connector: running, tasks: [] }
    ])
  ).toThrow(/^connector users failed: RecordTooLarge: 1 MiB; connector orders has no task$/)
})
