import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { send } from './send.ts'

test('at a rate, every request is sent once, though none is answered before the last is sent', async () => {
  const numbers: number[] = []
  const all = Promise.withResolvers<void>()
  const sent = await send({ perSecond: 100, seconds: 1 }, async number => {
    if (numbers.push(number) === 100) all.resolve()
    await all.promise
    return 201
  })
  expect(numbers).toEqual(Array.from({ length: 100 }, (_, number) => number))
  expect(sent.statuses).toEqual(new Map([['201', 100]]))
})

test('saturated, each connection has one request under way, and failures count under what they say', async () => {
  let [underWay, most] = [0, 0]
  const { answers, statuses } = await send({ connections: 3, seconds: 0.05 }, async number => {
    most = Math.max(most, ++underWay)
    await setImmediate()
    underWay -= 1
    if (number % 2 === 1) throw new Error('refused')
    return 201
  })
  expect(most).toBe(3)
  expect(answers.length).toBe(statuses.get('201'))
  expect(statuses.get('refused')).toBeGreaterThan(0)
})
