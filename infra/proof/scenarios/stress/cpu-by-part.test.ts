import { expect, test } from 'vitest'
import { cpuShares, type CpuUse, parseStat, partsOf } from './cpu-by-part.ts'

test('a process is read though its name holds spaces and parentheses', () => {
  expect(parseStat('42 (a) (b 7) S 7 42 42 0 -1 4194560 100 0 0 0 25 5 3 1 20 0 11 0 100')).toEqual({
    pid: 42,
    parent: 7,
    ms: 300,
    endedMs: 40
  })
})

test('a process belongs to the nearest part above it', () => {
  const processes = [
    { pid: 1, parent: 0, ms: 1, endedMs: 0 },
    { pid: 10, parent: 1, ms: 2, endedMs: 0 },
    { pid: 11, parent: 10, ms: 3, endedMs: 0 },
    { pid: 12, parent: 11, ms: 4, endedMs: 0 },
    { pid: 13, parent: 10, ms: 5, endedMs: 0 },
    { pid: 20, parent: 1, ms: 6, endedMs: 0 },
    { pid: 21, parent: 20, ms: 7, endedMs: 0 }
  ]
  const parts = new Map([
    [10, 'rest'],
    [11, 'PostgreSQL'],
    [20, 'rest']
  ])
  const roots = { parts, runtime: 10, self: 20 }
  expect(Array.from(partsOf(processes, roots), ([pid, { part }]) => `${pid} ${part}`)).toEqual([
    '10 rest',
    '11 PostgreSQL',
    '12 PostgreSQL',
    '13 functions',
    '20 rest',
    '21 k6'
  ])
})

test('shares are of the whole machine, and what belongs to no part is reported too', () => {
  const use = (ms: number, busyMs: number, allMs: number): CpuUse => ({
    processes: new Map([[7, { part: 'k6', ms }]]),
    busyMs,
    allMs
  })
  expect(cpuShares(use(100, 1_000, 10_000), use(300, 1_900, 11_000))).toEqual({ k6: 0.2, other: expect.closeTo(0.7) })
})
