// Spike: from a tenth of RATE to RATE within a second, there for SECONDS, and back: does it come through, and recover?
import { arriving, command, setting, summaryTrendStats, thresholds } from './students.js'

const peak = setting('RATE', 200)
const low = Math.max(1, Math.round(peak / 10))

export const options = {
  scenarios: {
    spike: arriving('ramping-arrival-rate', {
      startRate: low,
      stages: [
        { target: low, duration: '5s' },
        { target: peak, duration: '1s' },
        { target: peak, duration: `${setting('SECONDS', 5)}s` },
        { target: low, duration: '1s' },
        { target: low, duration: '10s' }
      ]
    })
  },
  // Callers may all be waiting for a moment at the peak: what is dropped then is reported, and no failure. Nor is a command that is
  // put off by 503: its caller sends it again.
  thresholds: { ...thresholds(peak), checks: ['rate>0.99'], dropped_iterations: [] },
  summaryTrendStats
}

export default command
