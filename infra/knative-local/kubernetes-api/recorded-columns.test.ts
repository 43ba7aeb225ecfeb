// What a cluster's kubectl printed for a manifest, and what this API has in its row.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import recording from '../manifests/conformance/knative-control-plane.json' with { type: 'json' }
import { loadPlan } from '../manifests/load-plan.ts'
import { stateKey, type ObjectState } from './live-state.ts'
import { ObjectStore } from './object-store.ts'
import { resourceTypes } from './resource-types.ts'
import { table } from './table.ts'

interface Case {
  readonly name: string
  readonly manifest: { readonly kind: string; readonly spec: { readonly subscriber?: { readonly uri: string } } }
  readonly ready?: string
  readonly columns?: string
}

/** The rows of objects that this plan can hold alone: what refers to others is printed in no other way. */
const cases = (recording.cases as Case[]).filter(
  ({ columns, ready, manifest }) =>
    columns !== undefined && ready === 'True' && !JSON.stringify(manifest).includes('"ref"')
)

test.for(cases)('$manifest.kind $name', async ({ name, manifest, columns = '' }) => {
  const directory = await mkdtemp(join(tmpdir(), 'columns-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  await writeFile(join(directory, 'case.yaml'), stringify(manifest))
  await writeFile(join(directory, 'broker.yaml'), broker)
  const { plan } = await loadPlan([directory])
  if (plan === undefined) throw new Error('the manifest is taken by the loader, as another test says')

  const uri = manifest.spec.subscriber?.uri
  const ready: ObjectState = { ready: 'True', ...(uri !== undefined && { sinkUri: uri }) }
  const store = new ObjectStore({
    plan: () => plan,
    state: () => new Map([[stateKey(manifest.kind, 'default', name), ready]]),
    now: () => new Date()
  })
  const type = resourceTypes(plan).find(({ kind }) => kind === manifest.kind)
  if (type === undefined) throw new Error(`no type ${manifest.kind}`)
  const rows = table(
    type,
    store.objects().filter(({ kind }) => kind === manifest.kind),
    'None',
    '1',
    new Date()
  )

  const printed = splitColumns(columns)
  expect(rows.columnDefinitions.map(definition => definition.name.toUpperCase())).toEqual(printed.headers)
  const age = printed.headers.indexOf('AGE')
  const shown = rows.rows[0]?.cells.map(cell => (cell === null ? '' : String(cell)))
  expect(shown?.with(age, '-')).toEqual(printed.cells.with(age, '-'))
})

const broker = `
{ apiVersion: v1, kind: ConfigMap, metadata: { name: orders }, data: { default.topic.partitions: "1", default.topic.replication.factor: "1", bootstrap.servers: "localhost:9092" } }
---
{ apiVersion: eventing.knative.dev/v1, kind: Broker, metadata: { name: orders, annotations: { eventing.knative.dev/broker.class: Kafka } }, spec: { config: { apiVersion: v1, kind: ConfigMap, name: orders } } }
`

/** The columns stand under their headers. */
function splitColumns(text: string): { headers: string[]; cells: string[] } {
  const [header = '', line = ''] = text.split('\n')
  const starts = [...header.matchAll(/\S+/g)].map(({ index }) => index)
  const split = (row: string) => starts.map((start, index) => row.slice(start, starts[index + 1]).trim())
  return { headers: split(header), cells: split(line) }
}
