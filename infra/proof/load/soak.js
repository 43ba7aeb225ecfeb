// Soak: a moderate RATE for long, to see what grows: latency and lag. SECONDS is a minute by default; hours are better.
import { arriving, command, setting, summaryTrendStats, thresholds } from './students.js'

const rate = setting('RATE', 20)

export const options = {
  scenarios: { soak: arriving('constant-arrival-rate', { rate, duration: `${setting('SECONDS', 60)}s` }) },
  thresholds: thresholds(rate),
  summaryTrendStats
}

export default command
