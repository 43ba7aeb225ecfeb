// A manifest that is right, changed in one place, is judged as the webhooks judged it. A new case is a new line in the JSON file.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import { loadPlan } from '../load-plan.ts'
import recording from './one-change.json' with { type: 'json' }

interface Case {
  readonly kind: string
  readonly path: readonly (string | number)[]
  /** Absent when the field is taken away. */
  readonly value?: unknown
  readonly accepted: boolean
  readonly said?: string
  readonly later?: string
}

const bases: Readonly<Record<string, unknown>> = recording.bases
const cases = (recording.cases as Case[]).map(recorded => ({ ...recorded, title: title(recorded) }))

test.for(Object.keys(bases))('the %s that the cases change is right', async kind => {
  expect((await errorsOf(bases[kind])).errors).toEqual([])
})

describe('refused by the webhooks or the API server', () => {
  test.for(cases.filter(({ accepted }) => !accepted))('$title', async recorded => {
    const { errors } = await errorsOf(changed(recorded))
    expect(
      errors.filter(message => !isLater(message)),
      recorded.said
    ).not.toEqual([])
  })
})

describe('taken, and refused here only where the cluster would fail later or nothing of the kind runs here', () => {
  test.for(cases.filter(({ accepted, later }) => accepted && later === undefined))('$title', async recorded => {
    const { errors } = await errorsOf(changed(recorded))
    expect(errors.filter(message => !isLater(message) && !/not supported here/.test(message))).toEqual([])
  })
})

describe('taken, and then refused when the consumer group is made', () => {
  test.for(cases.filter(({ later }) => later !== undefined))('$title', async recorded => {
    const { errors } = await errorsOf(changed(recorded))
    expect(errors.filter(isLater), recorded.later).not.toEqual([])
  })
})

/** What the cases refer to. */
const surroundings = [
  ...['fn', 'x'].map(name => ({
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata: { name },
    spec: { template: { spec: { containers: [{ image: 'dev.local/fn' }] } } }
  })),
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c' },
    data: { 'default.topic.partitions': '1', 'default.topic.replication.factor': '1', 'bootstrap.servers': 'a:1' }
  },
  {
    apiVersion: 'eventing.knative.dev/v1',
    kind: 'Broker',
    metadata: { name: 'b', annotations: { 'eventing.knative.dev/broker.class': 'Kafka' } },
    spec: { config: { apiVersion: 'v1', kind: 'ConfigMap', name: 'c' } }
  }
]

function title({ kind, path, value }: Case): string {
  return `${kind} ${path.join('.')} ${value === undefined ? 'taken away' : `= ${JSON.stringify(value)}`}`
}

function isLater(message: string): boolean {
  return /kubectl apply takes it/.test(message)
}

function changed({ kind, path, value }: Case): unknown {
  const manifest = structuredClone(bases[kind])
  const last = path.at(-1) ?? ''
  const parent = path
    .slice(0, -1)
    .reduce<unknown>((inner, step) => (inner as Record<string | number, unknown>)[step], manifest)
  if (value !== undefined) Reflect.set(parent as object, last, value)
  else if (Array.isArray(parent)) parent.splice(Number(last), 1)
  else Reflect.deleteProperty(parent as object, last)
  return manifest
}

async function errorsOf(manifest: unknown): Promise<{ errors: string[] }> {
  const directory = await mkdtemp(join(tmpdir(), 'manifests-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  // `y` and `on` must come back as the texts that they are.
  await writeFile(join(directory, 'case.yaml'), stringify(manifest, { version: '1.1' }))
  await writeFile(join(directory, 'surroundings.yaml'), surroundings.map(object => stringify(object)).join('---\n'))
  const { problems } = await loadPlan([directory])
  return { errors: problems.filter(({ level }) => level === 'error').map(({ path, message }) => `${path}: ${message}`) }
}
