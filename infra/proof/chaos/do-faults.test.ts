import { expect, test } from 'vitest'
import { doFaults, type FaultRun } from './do-faults.ts'
import type { Fault } from './schedule.ts'

test('faults of one moment are done together, and one recovery is theirs; a fault that fails is reported as that', async () => {
  const { run, injected, said } = newRun()
  const results = await doFaults(
    [fault('kill-broker', 0), fault('users-appear', 0), fault('add-partition', 1), fault('bulk-replay', 2)],
    { ...run, recovers: async probe => probe < 3 }
  )
  expect(injected).toEqual(['kill-broker', 'users-appear', 'add-partition', 'bulk-replay'])
  expect(results.map(({ did }) => did)).toEqual(['done', 'done', 'failed: no broker', 'done'])
  expect(results.map(({ recoveryMs }) => recoveryMs === null)).toEqual([false, false, false, true])
  expect(said.filter(sentence => sentence.includes('recovered'))).toEqual([
    expect.stringMatching(/^ {2}recovered after \d\.\d s$/),
    expect.stringMatching(/^ {2}recovered after \d\.\d s$/),
    '  not recovered in time'
  ])
})

test('a run that is ended does no further fault, and reports those that were done', async () => {
  const ended = new AbortController()
  const { run, injected } = newRun()
  const results = await doFaults([fault('kill-broker', 0), fault('users-appear', 600_000)], {
    ...run,
    signal: ended.signal,
    async recovers() {
      ended.abort()
      return true
    }
  })
  expect(injected).toEqual(['kill-broker'])
  expect(results).toHaveLength(1)
})

function newRun() {
  const injected: string[] = []
  const said: string[] = []
  const run: FaultRun = {
    injector: {
      async inject({ kind }) {
        injected.push(kind)
        if (kind === 'add-partition') throw new Error('no broker')
        return 'done'
      },
      proxied: () => 0
    },
    recovers: async () => true,
    elapsed: () => Math.round(performance.now()),
    signal: new AbortController().signal,
    say: sentence => void said.push(sentence)
  }
  return { run, injected, said }
}

function fault(kind: Fault['kind'], atMs: number): Fault {
  return { kind, atMs, forMs: 0, targets: [] }
}
