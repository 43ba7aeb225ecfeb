import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { until } from '../../until.ts'
import { writeWhole } from '../../state/write-whole.ts'
import { HandedPlan, type PlanFile } from './handed-plan.ts'

const nothing: PlanFile = { plan: { kafkaSources: [], kafkaSinks: [], brokers: [], triggers: [] }, addresses: {} }

test('what is handed over runs, with the addresses that came with it, and a file that is no plan changes nothing', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'handed-plan-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const file = join(directory, 'plan.json')
  await writeWhole(file, nothing)
  const reported: string[] = []
  const handed = await HandedPlan.load(file, text => reported.push(text))
  expect(handed.plan).toEqual(nothing.plan)

  // Written before it is followed: it must not be missed.
  await writeWhole(file, { ...nothing, addresses: { 'shop/orders': 'http://127.0.0.1:1' } })
  const taken: unknown[] = []
  const watching = await handed.follow({
    resolve: addresses => void taken.push(Object.fromEntries(addresses)),
    apply: async plan => void taken.push(plan)
  })
  onTestFinished(() => watching.close())
  await until('the address', 5000, async () => taken.length === 2)
  expect(taken).toEqual([{ 'shop/orders': 'http://127.0.0.1:1' }, nothing.plan])

  await writeWhole(file, 'no plan')
  await until('the report', 5000, async () => reported.length > 0)
  expect(reported.join()).toContain('is not taken')
  await writeWhole(file, nothing)
  await until('the next plan', 5000, async () => taken.length === 4)
  expect(taken.slice(2)).toEqual([{}, nothing.plan])
})
