// The page itself. Tables are HTML; plots are drawn by charts.js from the data that lies in the page.
import { createHash } from 'node:crypto'
import { availableParallelism, cpus, totalmem } from 'node:os'
import type { Cell, Row } from '../../report/narrator.ts'
import { cpuRow, figureRow, type Figures, figuresOf, type ProfileRun, rampRows, rampSteps } from '../figures.ts'
import type { K6 } from '../find-k6.ts'
import type { LetterCount } from '../missing-users.ts'
import type { Sample } from '../sampling.ts'
import { answerRows } from '../narrate.ts'
import type { Claim } from './claims.ts'
import { pageData } from './page-data.ts'

export interface StressRun {
  readonly k6: K6
  readonly runs: readonly ProfileRun[]
  readonly samples: readonly Sample[]
  readonly letters: readonly LetterCount[]
  readonly claims: readonly Claim[]
  readonly startedAt: Date
}

export interface Assets {
  readonly script: string
  readonly style: string
}

export function page(run: StressRun, { script: source, style }: Assets): string {
  const { runs, samples, claims, letters, startedAt } = run
  const script = source.replaceAll('</script', '<\\/script')
  const figures = runs.map(one => ({ name: one.profile.name, ...figuresOf(one, samples) }))
  const holds = claims.every(claim => claim.holds)
  const ramp = runs.find(({ profile }) => profile.name === 'ramp')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${contentSecurityPolicy(script, style)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Stress, ${startedAt.toISOString().slice(0, 16).replace('T', ' ')}</title>
<style>${style}</style>
</head>
<body>
<header>
<p class="verdict ${holds ? 'holds' : 'fails'}">${holds ? 'All claims hold' : 'Not all claims hold'}</p>
<h1>Students under load</h1>
<p>${escape(subtitle(run))}</p>
</header>
<section class="tiles">${tiles(run, figures).map(tile).join('')}</section>
<section>
<h2>Over time</h2>
<p>The shaded spans are the profiles. Drag to zoom, double-click to see all again; the line under the pointer is the same moment in every plot.</p>
${figure('requests', 'Requests a second', 'By answer, in the second in which they were sent.')}
${figure('answers', 'Time to the answer', 'Milliseconds, logarithmic.')}
${figure('lag', 'Consumer group lag', 'Records that a group has not read yet.')}
${figure('outbox', 'Outbox depth', 'Rows that are committed and not in Kafka yet.')}
${figure('cpu', 'CPU by part', `Percent of the machine's ${availableParallelism()} cores, one part upon the other.`)}
</section>
<section>
<h2>From command to effect</h2>
<p>How many of the accepted commands had been handled by their last function, by the time since they were sent. Milliseconds, logarithmic. Students of unknown users wait on purpose and are left out.</p>
${figure('effects', 'Commands whose effects are all there', 'Percent.')}
${table(figures.map(one => figureRow(one.name, one)))}
${table(figures.map(one => cpuRow(one.name, one)))}
</section>
${ramp ? `<section><h2>The ramp, step by step</h2>${table(rampRows(rampSteps(ramp, samples)))}</section>` : ''}
<section>
<h2>Thresholds</h2>
${table(runs.flatMap(thresholdRows))}
</section>
<section class="pair">
<div><h2>Answers</h2>${table(answerRows(runs.flatMap(({ answers }) => answers)))}</div>
<div><h2>Dead letters</h2>${letters.length === 0 ? '<p>None.</p>' : table(letters.map(letterRow))}</div>
</section>
<section>
<h2>What must hold</h2>
<ul class="claims">${claims.map(claim => `<li class="${claim.holds ? 'holds' : 'fails'}"><b>${escape(claim.claim)}</b> ${escape(claim.seen)}</li>`).join('\n')}</ul>
</section>
<script type="application/json" id="data">${JSON.stringify(pageData(runs, samples, startedAt)).replaceAll('<', '\\u003c')}</script>
<script>${script}</script>
</body>
</html>
`
}

/**
 * The page runs its one script, uses its one stylesheet and loads nothing: whatever text of a run found its way into the
 * markup would stay text. https://www.w3.org/TR/CSP3/#grammardef-hash-source
 */
function contentSecurityPolicy(script: string, style: string): string {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  return `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; base-uri 'none'; form-action 'none'`
}

function subtitle({ k6, runs, startedAt }: StressRun): string {
  const memoryGiB = Math.round(totalmem() / 2 ** 30)
  return [
    `${startedAt.toISOString().slice(0, 19).replace('T', ' ')} UTC`,
    `k6 ${k6.version}: ${runs.map(({ profile }) => profile.name).join(', ')}`,
    `${availableParallelism()} cores (${cpus()[0]?.model.trim()}), ${memoryGiB} GiB, with everything on them: k6, Kafka, PostgreSQL, Debezium, the functions`
  ].join(' · ')
}

interface Tile {
  readonly label: string
  readonly value: string
}

function tiles(
  { runs, samples, letters, claims }: StressRun,
  figures: readonly (Figures & { name: string })[]
): Tile[] {
  const accepted = runs.reduce((sum, { effects }) => sum + effects.accepted, 0)
  const missing = runs.reduce((sum, { effects }) => sum + effects.missing, 0)
  const steady = figures.find(({ name }) => name === 'constant') ?? figures.at(-1)
  const ramp = runs.find(({ profile }) => profile.name === 'ramp')
  const held = ramp && rampSteps(ramp, samples).findLast(step => step.held)
  const dead = letters.reduce((sum, count) => sum + count.letters, 0)
  return [
    { label: 'claims hold', value: `${claims.filter(claim => claim.holds).length} of ${claims.length}` },
    { label: 'commands accepted', value: accepted.toLocaleString('en-GB') },
    { label: 'of them without effect', value: String(missing) },
    ...(steady
      ? [
          { label: `p95 to the answer, ${steady.name}`, value: duration(steady.answerMs.p95) },
          { label: `p95 to the last effect, ${steady.name}`, value: duration(steady.effectMs.p95) }
        ]
      : []),
    ...(ramp ? [{ label: 'commands a second held', value: held ? String(held.rate) : 'none' }] : []),
    { label: 'dead letters', value: String(dead) }
  ]
}

function duration(ms: number): string {
  return ms < 1_000 ? `${ms.toFixed(0)} ms` : `${(ms / 1_000).toFixed(1)} s`
}

function tile({ label, value }: Tile): string {
  return `<div><b>${escape(value)}</b><span>${escape(label)}</span></div>`
}

function figure(id: string, title: string, unit: string): string {
  return `<figure><figcaption><b>${escape(title)}</b> ${escape(unit)}</figcaption><div class="plot" id="${id}"></div></figure>`
}

/** Of steps of the ramp that were not reached nothing was seen. */
function thresholdRows({ profile, thresholds, answers }: ProfileRun): Row[] {
  const reached = new Set(answers.map(({ scenario }) => scenario))
  return thresholds
    .filter(({ scenario }) => scenario === undefined || reached.has(scenario))
    .map(({ metric, scenario, expression, seen, passes }) => ({
      PROFILE: scenario === undefined ? profile.name : `${profile.name}, ${scenario.replace('_', ' ')}`,
      METRIC: metric,
      THRESHOLD: expression,
      SEEN: seen,
      PASSES: passes
    }))
}

function letterRow({ function: name, reason, letters, resolved }: LetterCount): Row {
  return { FUNCTION: name, REASON: reason, LETTERS: letters, REPLAYED: resolved }
}

function table(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap(row => Object.keys(row)))]
  const isNumber = (value: Cell | undefined) => value === undefined || /^[\d ,./%]+$/.test(String(value))
  const numbers = new Set(columns.filter(column => rows.every(row => isNumber(row[column]))))
  const side = (column: string) => (numbers.has(column) ? ' class="number"' : '')
  const head = columns.map(column => `<th${side(column)}>${escape(column.toLowerCase())}</th>`).join('')
  const body = rows.map(row => `<tr>${columns.map(column => cell(row[column], side(column))).join('')}</tr>`).join('\n')
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`
}

function cell(value: Cell | undefined, side: string): string {
  if (value === undefined || value === null) return '<td></td>'
  if (typeof value === 'boolean') return `<td class="${value ? 'holds' : 'fails'}">${value ? 'yes' : 'no'}</td>`
  return `<td${side}>${typeof value === 'number' ? value.toLocaleString('en-GB') : escape(value)}</td>`
}

function escape(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return text.replaceAll(/[&<>"]/g, character => entities[character] ?? character)
}
