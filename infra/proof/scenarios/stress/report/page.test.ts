import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Answer } from '../journal.ts'
import type { ProfileRun } from '../figures.ts'
import { pageData } from './page-data.ts'
import type { StressRun } from './page.ts'
import { writeReport } from './write-report.ts'

const startedAt = new Date('2026-01-02T03:04:00.000Z')
const at = (seconds: number) => startedAt.getTime() + seconds * 1_000

test('the page is one file that needs nothing else', async () => {
  const html = await written()
  expect(html).not.toMatch(/<link|<img|src=|@import|url\(/)
  expect(html.match(/<script/g)).toHaveLength(2)
})

test('its policy lets the page run its own script and style, by their hashes, and nothing else', async () => {
  const html = await written()
  const policy = /<meta http-equiv="content-security-policy" content="([^"]+)">/.exec(html)?.[1] ?? ''
  const hashOf = (pattern: RegExp) =>
    `'sha256-${createHash('sha256')
      .update(pattern.exec(html)?.[1] ?? '')
      .digest('base64')}'`
  expect(policy.split('; ')).toEqual([
    "default-src 'none'",
    `script-src ${hashOf(/<script>([^]*?)<\/script>/)}`,
    `style-src ${hashOf(/<style>([^]*?)<\/style>/)}`,
    "base-uri 'none'",
    "form-action 'none'"
  ])
  expect(html).not.toMatch(/<[^>]+ (?:style|on\w+)=/) // which the policy would refuse
})

test('it shows thresholds, answers, dead letters and claims, and text in it is no markup', async () => {
  const html = await written()
  expect(html).toContain('<td>http_req_duration</td><td>p(95)&lt;500</td><td>44 ms</td><td class="holds">yes</td>')
  expect(html).toContain('<td>create</td><td class="number">201</td>')
  expect(html).toContain('<td>user-not-found</td>')
  expect(html).toContain('<li class="fails"><b>none is &lt;/script&gt;</b> one is</li>')
  expect(html).toContain('Not all claims hold')
})

test('plots are by second: what was sent then, and how long its answers took', () => {
  const { requests, answers, length, profiles } = pageData([run], samples, startedAt)
  expect(requests).toEqual({
    x: [0, 1, 2],
    series: { '201 created': [2, 0, 0], 'wrong answer': [0, 0, 1] }
  })
  expect(answers.series.p95).toEqual([20, null, 30])
  expect(length).toBe(5)
  expect(profiles).toEqual([{ name: 'constant', from: 0, to: 3 }])
})

test('groups that were never behind and parts that did nothing are left out', () => {
  const { lag, cpu, outbox } = pageData([run], samples, startedAt)
  expect(lag).toEqual({ x: [1, 5], series: { 'on-student-create': [7, 0] } })
  expect(Object.keys(cpu.series)).toEqual(['k6', 'other'])
  expect(outbox.series.outbox).toEqual([3, 0])
})

test('the distribution of effects grows to all of them', () => {
  const { x, series } = pageData([run], samples, startedAt).effects
  expect([x[0], x.at(-1)]).toEqual([10, expect.closeTo(1_000)])
  expect([series.constant?.[0], series.constant?.at(-1)]).toEqual([50, 100])
})

test('a run that was never answered is a page too', () => {
  const silent = { ...run, answers: [], effects: { accepted: 0, missing: 0, twice: 0, delays: [] } }
  expect(pageData([silent], [], startedAt)).toMatchObject({ length: 0, requests: { x: [], series: {} } })
})

async function written(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'stress-report-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  await writeReport({ directory }, report)
  return readFile(join(directory, 'stress.html'), 'utf8')
}

const answer: Answer = {
  kind: 'create',
  name: 'constant-1',
  sentAt: at(0.1),
  ms: 10,
  status: 201,
  right: true,
  scenario: 'constant'
}
const run: ProfileRun = {
  profile: { name: 'constant', heading: 'Constant', settings: {} },
  answers: [
    answer,
    { ...answer, name: 'constant-2', sentAt: at(0.9), ms: 20 },
    { ...answer, name: 'constant-3', sentAt: at(2.5), ms: 30, status: 500, right: false }
  ],
  thresholds: [{ metric: 'http_req_duration', expression: 'p(95)<500', passes: true, seen: '44 ms' }],
  dropped: 0,
  startedAt,
  endedAt: new Date(at(3)),
  effects: {
    accepted: 2,
    missing: 0,
    twice: 0,
    delays: [
      { scenario: 'constant', sentAt: at(0.1), ms: 10 },
      { scenario: 'constant', sentAt: at(0.9), ms: 1_000 }
    ]
  },
  caughtUpMs: 100
}
const samples = [
  { at: at(1), lag: { 'on-student-create': 7, idle: 0 }, outboxDepth: 3, cpu: { other: 0.5, k6: 0.2, rest: 0 } },
  { at: at(5), lag: { 'on-student-create': 0, idle: 0 }, outboxDepth: 0, cpu: { other: 0.1, k6: 0.1, rest: 0 } }
]
const report: StressRun = {
  k6: { command: 'k6', version: 'v1.8.1' },
  runs: [run],
  samples,
  letters: [{ function: 'onStudentCreate', reason: 'user-not-found', letters: 1, resolved: 1 }],
  claims: [{ claim: 'none is </script>', holds: false, seen: 'one is' }],
  startedAt
}
