// The rehearsal in short: five faults under load, two times two of them at once, then the audit. By hand, and longer: `npm run local -- chaos`.
import { join } from 'node:path'
import { expect, inject, onTestFailed, onTestFinished, test } from 'vitest'
import { kafkaClient } from '../../proof/audit/kafka-client.ts'
import { runChaos } from '../../proof/chaos/run-chaos.ts'
import { manifestPathsIn } from '../../knative-local/index.ts'
import { loadPlan } from '../../knative-local/plans.ts'
import { openProcesses } from '../../knative-local/single-parts.ts'
import { project } from '../../project.ts'

test(
  'whatever is killed, nothing accepted is lost, applied twice or out of order, and the audit agrees',
  { timeout: 720_000 }, // longer than its own bounds together, which name what does not recover
  async () => {
    const said: string[] = []
    onTestFailed(() => void process.stderr.write(`${said.join('\n')}\n`))
    const endpoints = inject('endpoints')
    const { plan } = await loadPlan(manifestPathsIn(project, inject('endpoints').manifestRoot))
    if (plan === undefined) throw new Error('the YAML is not right')
    const processes = openProcesses(join(inject('stateDirectory'), 'chaos'))
    onTestFinished(async () => {
      processes.killAll()
      await processes.close()
    })
    const report = await runChaos({
      seed: 8,
      minutes: 0.7,
      kinds: ['lose-answers', 'cut-connections', 'kill-data-plane', 'kill-function', 'dead-letter-sink-down'],
      perSecond: 10,
      endpoints,
      kafka: await kafkaClient({ bootstrap: endpoints.kafka.bootstrap }),
      plan,
      processes,
      signal: new AbortController().signal,
      say: sentence => void said.push(sentence)
    })
    expect(report.invariants.filter(({ holds }) => !holds)).toEqual([])
    expect(report.unrest).toEqual([])
    expect(new Set(report.schedule.map(({ atMs }) => atMs)).size).toBe(3)
    expect(report.faults).toHaveLength(5)
    for (const { recoveryMs } of report.faults) expect(recoveryMs).toEqual(expect.any(Number))
    const did = (kind: string) => report.faults.find(({ fault }) => fault.kind === kind)?.did
    expect(did('dead-letter-sink-down')).toContain('the function recorded its letter')
    expect(did('cut-connections')).toMatch(/^[1-9]\d* of \d+ connections/)
    expect(did('lose-answers')).toMatch(/^[1-9]\d* of \d+ answers/)
  }
)
