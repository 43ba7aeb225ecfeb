import { expect, test } from 'vitest'
import { readLogDirs } from './log-dirs.ts'

const replica = (broker: number, ...partitions: { partition: string; size: number }[]) => ({
  broker,
  logDirs: [{ partitions, error: null, logDir: '/data' }]
})
const printed = (brokers: object[]) =>
  `Querying brokers for log directories information\nReceived log directory information from brokers 1,2\n${JSON.stringify({ version: 1, brokers })}\n`

test('a topic takes what all replicas of all its partitions take', () => {
  const output = printed([
    replica(1, { partition: 'a-0', size: 10 }, { partition: 'a-1', size: 20 }, { partition: 'b-c-0', size: 3 }),
    replica(2, { partition: 'a-0', size: 10 })
  ])
  expect(readLogDirs(output)).toEqual(
    new Map([
      ['a', 40],
      ['b-c', 3]
    ])
  )
})

test('a folder that a broker cannot read is an error, not a smaller topic', () => {
  const broken = { broker: 1, logDirs: [{ partitions: [], error: 'KafkaStorageException', logDir: '/data' }] }
  expect(() => readLogDirs(printed([broken]))).toThrow('KafkaStorageException')
  expect(() => readLogDirs('Timed out')).toThrow('Timed out')
})
