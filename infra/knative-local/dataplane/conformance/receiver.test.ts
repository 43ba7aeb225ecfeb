// The recorded requests to the receiver against our ingress, with a writer that only remembers.
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import type { NewRecord } from '../events/event-to-record.ts'
import { eventBudget } from '../events/header-budget.ts'
import { brokerIngress, listen } from '../ingress/ingress.ts'
import { receiver } from './recordings.ts'
import { sameRecord } from './same-record.ts'
import { send } from './send.ts'

test.each(receiver.exchanges)('$name', async exchange => {
  const written: { topic: string; record: NewRecord }[] = []
  const ingresses = new Map(
    receiver.ingresses.map(({ path, topic, contentMode }) => {
      const write = async (record: NewRecord) => void written.push({ topic, record })
      return [path, { topic, contentMode, budget: eventBudget, write }]
    })
  )
  const server = await listen(0, brokerIngress, () => ingresses, pino({ enabled: false }))
  onTestFinished(() => server.close())

  expect(await send(server.port, exchange)).toBe(exchange.status)
  expect(written).toHaveLength(exchange.status === 202 ? 1 : 0)
  const [one] = written
  if (exchange.record === undefined || one === undefined) return
  expect(one.topic).toBe(exchange.record.topic)
  sameRecord(
    {
      key: one.record.key,
      value: one.record.value === null ? null : one.record.value.toString(),
      headers: Object.entries(one.record.headers)
    },
    exchange.record
  )
})
