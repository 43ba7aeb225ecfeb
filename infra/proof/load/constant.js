// Constant arrival rate: RATE commands a second for SECONDS, sent on time whether or not earlier ones were answered.
import { arriving, command, setting, summaryTrendStats, thresholds } from './students.js'

const rate = setting('RATE', 40)

export const options = {
  scenarios: { constant: arriving('constant-arrival-rate', { rate, duration: `${setting('SECONDS', 30)}s` }) },
  thresholds: thresholds(rate),
  summaryTrendStats
}

export default command
