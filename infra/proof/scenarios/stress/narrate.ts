// What a run prints on the terminal.
import { availableParallelism } from 'node:os'
import type { Narrator, Row } from '../report/narrator.ts'
import {
  busy,
  cpuRow,
  figureRow,
  figuresOf,
  percent,
  percentilesOf,
  type ProfileRun,
  rampRows,
  rampSteps,
  showPercentiles
} from './figures.ts'
import type { Answer } from './journal.ts'
import type { Sample } from './sampling.ts'

export function narrateProfile(narrator: Narrator, run: ProfileRun, samples: readonly Sample[]): void {
  if (run.profile.name === 'ramp') narrateRamp(narrator, run, samples)
  else {
    narrator.claim(
      `${run.profile.name} passes k6's thresholds`,
      run.thresholds.every(({ passes }) => passes),
      run.thresholds.map(({ metric, expression, seen }) => `${metric} ${expression}: ${seen}`).join('; ')
    )
  }
  const { accepted, missing, twice, delays } = run.effects
  narrator.claim(
    `every command accepted in ${run.profile.name} takes effect, once`,
    accepted > 0 && missing === 0 && twice === 0,
    `${accepted} accepted, ${missing} without effect, ${twice} done twice; ` +
      `${showPercentiles(percentilesOf(delays.map(({ ms }) => ms)))} ms to the last function (p50/p95/p99)`
  )
}

/** A breaking point is no failure: it is what was looked for. */
function narrateRamp(narrator: Narrator, run: ProfileRun, samples: readonly Sample[]): void {
  const steps = rampSteps(run, samples)
  const held = steps.findLast(step => step.held)
  const broke = steps.find(step => !step.held)
  const figures = figuresOf(run, samples)
  const limit = `A step holds when the p95 of its answers is below ${run.profile.settings.MAX_P95_MS} ms and nothing is dropped.`
  const found = broke
    ? `${held ? `It held up to ${held.rate} a second` : 'Not even the first step held'} and broke at ${broke.rate}.`
    : `It held up to ${held?.rate} a second, the most that was asked for.`
  const machine =
    `The ${availableParallelism()} cores were ${percent(busy(figures))} busy on average, ` +
    `${percent(figures.cpu.other ?? 0)} with what is no part of the stack.`
  narrator.say(`${limit} ${found} ${machine}`)
  narrator.table(rampRows(steps))
  narrator.fact('ramp', steps)
}

export function narrateAnswers(narrator: Narrator, answers: readonly Answer[]): void {
  narrator.step('How the commands were answered')
  narrator.table(answerRows(answers))
  const wrong = answers.filter(({ status, right }) => !right && !isOverload(status)).length
  const putOff = answers.filter(({ status }) => isOverload(status)).length
  narrator.claim(
    'no answer is wrong, however much is asked',
    wrong === 0,
    `${wrong} of ${answers.length}; ${putOff} were put off by 503 or had none within 10 s`
  )
}

/** Asked to come again, or not answered in time: late, but not wrong. */
function isOverload(status: number): boolean {
  return status === 503 || status === 0
}

export function answerRows(answers: readonly Answer[]): Row[] {
  const kinds = Map.groupBy(answers, ({ kind, status, error = '' }) => `${kind} ${status} ${error}`)
  return Array.from(kinds.values(), own => {
    const { kind = '', status = 0, error = 'no answer', right = false } = own[0] ?? {}
    return { COMMAND: kind, ANSWER: status === 0 ? error : String(status), TIMES: own.length, RIGHT: right }
  }).toSorted((a, b) => a.COMMAND.localeCompare(b.COMMAND))
}

export function narrateFigures(narrator: Narrator, runs: readonly ProfileRun[], samples: readonly Sample[]): void {
  const figures = runs.map(run => ({ name: run.profile.name, ...figuresOf(run, samples), caughtUpMs: run.caughtUpMs }))
  narrator.step('How fast, how far behind, and who had the CPU')
  narrator.say(
    'From sending to the answer, and to the effect of the last function by the clock of the database; the records that consumer ' +
      'groups had not read, and the outbox rows that were not in Kafka yet, at worst.'
  )
  narrator.table(figures.map(one => figureRow(one.name, one)))
  narrator.say(
    `The ${availableParallelism()} cores had this to do, 100 % being all of them: REST is the runtime, the registry and this scenario; OTHER is no part of the stack.`
  )
  narrator.table(figures.map(one => cpuRow(one.name, one)))
  narrator.fact('profiles', figures)
}
