// kafkajs' queue of a connection, as it is after kafkajs.ts has been loaded.
// @ts-expect-error kafkajs ships no types for its inner files
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'
import { expect, onTestFinished, test } from 'vitest'
import { until } from '../../until.ts'
import './kafkajs.ts'

const logger = { debug: () => undefined, warn: () => undefined }

function open(requestTimeout: number) {
  const queue = new RequestQueue({
    maxInFlightRequests: 1,
    requestTimeout,
    enforceRequestTimeout: true,
    clientId: 'test',
    broker: 'test:9092',
    logger
  })
  onTestFinished(() => queue.destroy())
  const failed: string[] = []
  let correlationId = 0
  const push = (): number => {
    correlationId++
    const entry = { correlationId, apiName: 'Test', apiKey: 0, apiVersion: 0, resolve: () => undefined }
    const reject = ({ name }: Error): void => void failed.push(name)
    queue.push({ entry: { ...entry, reject }, expectResponse: true, sendRequest: () => undefined })
    return correlationId
  }
  const answer = (id: number): void => queue.fulfillRequest({ correlationId: id, payload: null, size: 0 })
  return { queue, push, answer, failed }
}

test('a connection that waits for nothing has no timer, and one that holds requests back has', () => {
  const { queue, push, answer } = open(1000)
  answer(push())
  expect(queue.throttleCheckTimeoutId).toBeNull()
  const first = push()
  push()
  expect(queue.pending).toHaveLength(1)
  expect(queue.throttleCheckTimeoutId).not.toBeNull()
  answer(first)
  expect(queue.pending).toHaveLength(0)
})

test('a request that is not answered fails', async () => {
  const { queue, push, failed } = open(50)
  queue.scheduleRequestTimeoutCheck()
  push()
  await until('the failure', 5000, async () => failed.length > 0)
  expect(failed).toEqual(['KafkaJSRequestTimeoutError'])
})
