import type { Scenario } from './recordings.ts'

/** The scenario behind one entry of the status sweep. */
export function sweepScenario(status: number): Scenario {
  return {
    about: `status ${status}`,
    recordedFrom: 'status-sweep.json',
    egress: {
      kind: 'KafkaSource',
      namespace: 'fns',
      name: `sweep-${status}`,
      topic: 'sweep',
      subscriber: `{subscriber}/status/${status}`,
      ordering: 'ordered',
      delivery: {
        retry: 1,
        backoffPolicy: 'exponential',
        backoffDelayMs: 50,
        timeoutMs: 5000,
        deadLetterSink: `{subscriber}/ok/dls-${status}`
      }
    },
    records: [{ timestampMs: 1_700_000_000_000, headers: [], value: 'x' }],
    requests: [],
    committed: 1
  }
}
