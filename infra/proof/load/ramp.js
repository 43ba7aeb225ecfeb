// Ramp to the breaking point: ten steps up to RATE commands a second, SECONDS each. It ends with the first step at which
// an answer is wrong, the 95th percentile of answers is above the limit, or commands were dropped: the step before it held.
import { arriving, callers, command, setting, summaryTrendStats } from './students.js'

const steps = 10
const highest = setting('RATE', 300)
const seconds = setting('SECONDS', 6)
const maxP95Ms = setting('MAX_P95_MS', 500)

const scenarios = {}
const thresholds = {}
for (let step = 1; step <= steps; step++) {
  const rate = Math.max(step, Math.round((highest * step) / steps))
  const name = `rate_${rate}`
  const startS = (step - 1) * seconds
  // As many as wait when every answer is as late as it may be: with fewer, a pause far below the limit ends the step. Odd, as `callers` is.
  const waiting = Math.max(callers, Math.ceil((rate * maxP95Ms) / 1_000) | 1)
  scenarios[name] = arriving('constant-arrival-rate', {
    rate,
    duration: `${seconds}s`,
    startTime: `${startS}s`,
    waiting,
    gracefulStop: '2s' // late answers of a step do not hold up the next one
  })
  // Judged when the step is nearly over: its first answers alone would say little. The delay counts from the test's start.
  const untilJudged = { abortOnFail: true, delayAbortEval: `${startS + seconds * 0.75}s` }
  thresholds[`checks{scenario:${name}}`] = [{ threshold: 'rate==1', ...untilJudged }]
  thresholds[`http_req_duration{scenario:${name}}`] = [{ threshold: `p(95)<${maxP95Ms}`, ...untilJudged }]
  thresholds[`dropped_iterations{scenario:${name}}`] = [{ threshold: 'count==0', ...untilJudged }]
}

export const options = { scenarios, thresholds, summaryTrendStats }

export default command
