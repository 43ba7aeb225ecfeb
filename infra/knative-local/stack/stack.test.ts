import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadPlan } from '../manifests/load-plan.ts'
import type { Plan } from '../manifests/plan.ts'
import { maxServices } from '../state/service-ports.ts'
import { portsPerStack } from '../state/ports.ts'
import type { Part, RunningPart } from './part.ts'
import { parts } from './registered.ts'
import { firstServicePort } from './services.ts'
import { createStack } from './stack.ts'

const nothing = { objects: [], kafkaSources: [], kafkaSinks: [], brokers: [], triggers: [], services: [] }
const empty: Plan = { ...nothing, kafkaTopics: [], kafkaConnectors: [] }

test('no two parts have one port or one folder, and all ports are within the hundred of their stack', () => {
  const offsets = parts.flatMap(part => Object.keys(part.ports(empty)).map(Number))
  const own = [2, 7, 8] // commands, Kubernetes API, what runs beside
  const ofServices = Array.from({ length: maxServices }, (_, index) => firstServicePort + index)
  const all = [...offsets, ...own, ...ofServices]
  expect(new Set(all).size).toBe(all.length)
  expect(Math.max(...all)).toBeLessThan(portsPerStack)
  const files = parts.flatMap(part => part.files)
  expect(new Set(files).size).toBe(files.length)
})

const service =
  'apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: { name: a, namespace: shop }\nspec: { template: { spec: { containers: [{ image: example.com/shop/app }] } } }\n'
const sink = 'sink: { ref: { apiVersion: serving.knative.dev/v1, kind: Service, name: a } }'
const source = `apiVersion: sources.knative.dev/v1\nkind: KafkaSource\nmetadata: { name: a, namespace: shop }\nspec: { bootstrapServers: [kafka:9092], topics: [orders], consumerGroup: a, ${sink} }\n`
const topic =
  'apiVersion: kafka.strimzi.io/v1\nkind: KafkaTopic\nmetadata: { name: orders, namespace: shop, labels: { strimzi.io/cluster: c } }\nspec: { partitions: 1, replicas: 1 }\n'
const cluster =
  'apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: { name: db, namespace: shop }\nspec: { instances: 1 }\n'

test.each([
  ['a Service', service, ['traces', 'services']],
  ['a KafkaSource and a Service', `${service}---\n${source}`, ['traces', 'kafka', 'dataplane', 'services']],
  ['a KafkaTopic', topic, ['traces', 'kafka', 'services']],
  ['a Cluster', cluster, ['traces', 'postgres', 'services']]
])('%s starts no part beside those that it asks for', async (_, yaml, expected) => {
  const plan = await planOf(yaml)
  expect(parts.filter(part => part.isWanted(plan, { directory: '.', manifests: [] })).map(({ name }) => name)).toEqual(
    expected
  )
})

test('a part begins after those that it needs, and stops before them; one that nobody asks for does neither', async () => {
  const { log, part } = recorded()
  const base = part('base', [])
  const middle = part('middle', [base])
  const unwanted = part('unwanted', [base], () => false)
  const top = part('top', [middle, unwanted])
  const stack = createStack({ ...options(), plan: empty, parts: [top, unwanted, middle, base] })
  await stack.start()
  await stack.stop()
  expect(log).toEqual(['base begins', 'middle begins', 'top begins', 'top stops', 'middle stops', 'base stops'])
})

test('a part that an edit asks for begins then, after the edit has reached those that run', async () => {
  const { log, part } = recorded()
  const base = part('base', [])
  const later = part('later', [base], ({ kafkaSources }) => kafkaSources.length > 0)
  const stack = createStack({ ...options(), plan: empty, parts: [base, later] })
  await stack.start()
  await stack.apply(await planOf(`${service}---\n${source}`))
  await stack.stop()
  expect(log).toEqual(['base begins', 'base takes the edit', 'later begins', 'later stops', 'base stops'])
})

test('an edit that one part cannot take is reported and reaches the others', async () => {
  const { log, part } = recorded()
  const reports: string[] = []
  const broken: Part = {
    ...part('broken', []),
    begin: async () => running({ apply: () => Promise.reject(new Error('no room')) })
  }
  const stack = createStack({
    ...options(),
    report: sentence => void reports.push(sentence),
    plan: empty,
    parts: [broken, part('sound', [broken])]
  })
  await stack.start()
  await stack.apply(empty)
  expect(log).toEqual(['sound begins', 'sound takes the edit'])
  expect(reports).toEqual(['the edit could not be applied to broken: no room'])
  expect(stack.refusedEdits()).toEqual(reports)
})

function recorded() {
  const log: string[] = []
  const part = (name: string, needs: readonly Part[], isWanted: Part['isWanted'] = () => true): Part => ({
    name,
    needs,
    isWanted,
    ports: () => ({}),
    files: [],
    async begin() {
      log.push(`${name} begins`)
      return running({
        apply: async () => void log.push(`${name} takes the edit`),
        stop: async () => void log.push(`${name} stops`)
      })
    }
  })
  return { log, part }
}

function running(own: Partial<RunningPart>): RunningPart {
  return {
    ready: Promise.resolve(),
    processes: () => [],
    endpoints: () => ({}),
    states: async () => [],
    stop: async () => undefined,
    ...own
  }
}

function options() {
  const step = <T>(_: string, work: () => Promise<T>) => work()
  return {
    project: { directory: '.', manifests: [] },
    portBase: 0,
    servicePorts: { current: () => new Map<string, number>(), assign: async () => new Map<string, number>() },
    stateDirectory: '/nowhere',
    processes: { logDirectory: '', start: refuse, log: () => {}, killAll: () => {}, close: async () => {} },
    progress: { elapsed: () => '', say: () => {}, step, end: () => {} },
    report: (): void => {},
    pidChanged: () => {}
  }
}

function refuse(): never {
  throw new Error('nothing is started here')
}

async function planOf(yaml: string): Promise<Plan> {
  const folder = await mkdtemp(join(tmpdir(), 'stack-'))
  await writeFile(join(folder, 'all.yaml'), yaml)
  const { plan, problems } = await loadPlan([folder])
  await rm(folder, { recursive: true })
  if (!plan) throw new Error(JSON.stringify(problems))
  return plan
}
