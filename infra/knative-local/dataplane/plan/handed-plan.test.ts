import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { until } from '../../until.ts'
import { writeWhole } from '../../state/write-whole.ts'
import { HandedPlan, inEffect, type PlanFile } from './handed-plan.ts'

const nothing: PlanFile = {
  plan: { kafkaSources: [], kafkaSinks: [], brokers: [], triggers: [] },
  addresses: {},
  direct: {},
  revision: 1
}

test('what is handed over runs, with the addresses that came with it, and a file that is no plan changes nothing', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'handed-plan-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const file = join(directory, 'plan.json')
  await writeWhole(file, nothing)
  const reported: string[] = []
  const answered: string[] = []
  const handed = await HandedPlan.load(file, {
    report: text => void reported.push(text),
    answer: line => void answered.push(line)
  })
  expect(handed.plan).toEqual(nothing.plan)

  // Written before it is followed: it must not be missed.
  const direct = { 'http://127.0.0.1:1': { url: 'http://127.0.0.1:2', atMost: 10, timeoutMs: 1000 } }
  await writeWhole(file, { ...nothing, addresses: { 'shop/orders': 'http://127.0.0.1:1' }, direct, revision: 2 })
  const directly: unknown[] = []
  const taken: unknown[] = []
  const watching = await handed.follow({
    resolve: addresses => void taken.push(Object.fromEntries(addresses)),
    apply: async plan => void taken.push(plan),
    sendDirectly: async addresses => void directly.push(addresses)
  })
  onTestFinished(() => watching.close())
  await until('the address', 5000, async () => taken.length === 2)
  expect(taken).toEqual([{ 'shop/orders': 'http://127.0.0.1:1' }, nothing.plan])
  expect(directly.at(-1)).toEqual(direct)
  await until('the answer', 5000, async () => answered.includes(inEffect.write(2)))

  await writeWhole(file, 'no plan')
  await until('the report', 5000, async () => reported.length > 0)
  expect(reported.join()).toContain('is not taken')
  await writeWhole(file, { ...nothing, revision: 3 })
  await until('the next plan', 5000, async () => taken.length === 4)
  expect(taken.slice(2)).toEqual([{}, nothing.plan])

  // Only an instance is another one: what runs is not touched.
  await writeWhole(file, { ...nothing, direct, revision: 4 })
  await until('the last answer', 5000, async () => answered.includes(inEffect.write(4)))
  expect(directly.at(-1)).toEqual(direct)
  expect(taken).toHaveLength(4)
})
