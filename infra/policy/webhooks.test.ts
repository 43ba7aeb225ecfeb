// What Knative's own webhooks would refuse beyond the CRDs: the local runtime's loader knows their rules.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import { functionNames } from '../bundle.ts'
import { loadPlan } from '../knative-local/plans.ts'
import { overlays, render } from './render.ts'

test.each(overlays)('nothing in %s would be refused, and every reference leads somewhere', async overlay => {
  const folder = await mkdtemp(join(tmpdir(), 'overlay-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, `${overlay}.yaml`)
  const documents = render(overlay).map(object => stringify(object, { aliasDuplicateObjects: false }))
  await writeFile(file, documents.join('---\n'))
  const { plan, problems } = await loadPlan([file], { complete: true })
  expect(problems.filter(({ level }) => level === 'error')).toEqual([])
  expect(plan?.services).toHaveLength((await functionNames()).length)
})
