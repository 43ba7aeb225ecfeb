// Smoke: is every kind of command answered as it should be? One caller, two rounds.
import { command, summaryTrendStats, thresholds } from './students.js'

export const options = {
  scenarios: { smoke: { executor: 'per-vu-iterations', vus: 1, iterations: 40, maxDuration: '60s' } },
  thresholds: thresholds(1),
  summaryTrendStats
}

export default command
