import { spawn } from 'node:child_process'
import { expect, onTestFinished, test } from 'vitest'
import type { Endpoints } from '../../../knative-local/index.ts'
import { bench, costOf, cpuByPart } from './cpu-per-student.ts'

test('a student costs what each part took in between, and the benchmark is not among the parts', () => {
  const before = new Map([
    ['brokers', 1_000],
    [bench, 100]
  ])
  const after = new Map([
    ['brokers', 1_200],
    ['started meanwhile', 300],
    [bench, 150]
  ])
  expect(costOf(before, after, 100)).toEqual({
    parts: [
      ['started meanwhile', 3],
      ['brokers', 2]
    ],
    totalMs: 5,
    benchMs: 0.5
  })
})

test('what a process of a part has taken counts when it has ended, as a backend of PostgreSQL does', async () => {
  const busy = 'const until = performance.now() + 300; while (performance.now() < until);'
  const parent = spawn('sh', ['-c', '"$0" -e "$1"; echo ended; cat', process.execPath, busy], {
    stdio: ['pipe', 'pipe', 'inherit']
  })
  onTestFinished(() => void parent.kill())
  await new Promise(resolve => parent.stdout.once('data', resolve))
  const none = { pid: null }
  const endpoints = {
    kafka: { brokers: [] },
    postgres: { pid: parent.pid },
    connect: none,
    registry: none,
    dataplane: none,
    control: { pid: process.ppid },
    functions: {}
  } as unknown as Endpoints
  expect((await cpuByPart(endpoints)).get('PostgreSQL')).toBeGreaterThan(200)
})
