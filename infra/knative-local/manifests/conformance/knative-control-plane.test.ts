// Every recorded manifest is judged as the real webhooks and controller judged it. A new case is a new entry in the JSON file.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import { loadPlan } from '../load-plan.ts'
import type { Delivery, Destination, KafkaSource, Trigger, TriggerFilter } from '../plan.ts'
import recording from './knative-control-plane.json' with { type: 'json' }

interface Case {
  readonly kind: string
  readonly name: string
  readonly manifest: unknown
  readonly accepted: boolean
  readonly ready?: string
  readonly stderr?: string
  readonly egress?: readonly Egress[]
}

/** What the control plane hands to the data plane; a zero is left out. */
interface Egress {
  readonly consumerGroup: string
  readonly destination: string
  readonly egressConfig?: {
    readonly retry?: number
    readonly backoffPolicy?: string
    readonly backoffDelay?: string
    readonly timeout?: string
    readonly deadLetter?: string
  }
  readonly deliveryOrder?: string
  readonly keyType?: string
  readonly dialectedFilter?: readonly unknown[]
  readonly vReplicas?: number
}

const cases: readonly Case[] = recording.cases
const failsLater = (recorded: Case) => recorded.kind !== 'ksvc' && recorded.accepted && recorded.ready !== 'True'
const refused = cases.filter(({ accepted }) => !accepted)
const taken = cases.filter(recorded => recorded.accepted && !failsLater(recorded))

describe('what the webhooks refuse is refused', () => {
  test.for(refused)('$kind $name', async recorded => {
    const { plan, errors } = await load(recorded.manifest)
    expect(plan).toBeUndefined()
    expect(errors.join('\n')).toMatchSnapshot()
  })
})

describe('what the webhooks take and the controller then fails on is refused, and says so', () => {
  test.for(cases.filter(failsLater))('$kind $name', async recorded => {
    const { plan, errors } = await load(recorded.manifest)
    expect(plan).toBeUndefined()
    expect(errors.join('\n')).toMatch(/kubectl apply takes it/)
    expect(errors.join('\n')).toMatchSnapshot()
  })
})

describe('what becomes ready is taken', () => {
  test.for(taken)('$kind $name', async recorded => {
    const { plan, errors } = await load(recorded.manifest)
    expect(errors).toEqual([])
    expect(plan).toBeDefined()
  })
})

describe('the data plane gets the settings that Knative gave its own', () => {
  test.for(cases.filter(({ egress }) => egress !== undefined))('$kind $name', async recorded => {
    const { plan } = await load(recorded.manifest)
    const source = plan?.kafkaSources[0]
    const trigger = plan?.triggers[0]
    expect(source === undefined ? triggerSettings(trigger) : sourceSettings(source)).toEqual(
      recordedSettings(recorded.egress?.[0], recorded.kind)
    )
  })
})

test('a source with consumers: 0 is taken and delivers nothing, as in Knative', async () => {
  const { plan } = await load(cases.find(({ name }) => name === 'consumers0')?.manifest)
  expect(plan?.kafkaSources[0]?.consumers).toBe(0)
})

/** What the recording's cluster held beside the manifest. */
const surroundings = [
  {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata: { name: 'fn' },
    spec: { template: { spec: { containers: [{ image: 'dev.local/fn' }] } } }
  },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'orders' },
    data: {
      'default.topic.partitions': '1',
      'default.topic.replication.factor': '1',
      'bootstrap.servers': '127.0.0.1:19091'
    }
  },
  {
    apiVersion: 'eventing.knative.dev/v1',
    kind: 'Broker',
    metadata: { name: 'orders', annotations: { 'eventing.knative.dev/broker.class': 'Kafka' } },
    spec: { config: { apiVersion: 'v1', kind: 'ConfigMap', name: 'orders' } }
  },
  ...['cp-orders', 'cp-sink'].map(name => ({
    apiVersion: 'kafka.strimzi.io/v1',
    kind: 'KafkaTopic',
    metadata: { name, labels: { 'strimzi.io/cluster': 'cp' } },
    spec: { partitions: 1, replicas: 1 }
  }))
]

async function load(manifest: unknown) {
  const directory = await mkdtemp(join(tmpdir(), 'manifests-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  await writeFile(join(directory, 'case.yaml'), stringify(manifest))
  await writeFile(join(directory, 'surroundings.yaml'), surroundings.map(object => stringify(object)).join('---\n'))
  const { plan, problems } = await loadPlan([directory], { complete: true })
  const errors = problems.filter(({ level }) => level === 'error').map(({ path, message }) => `${path}: ${message}`)
  return { plan, errors }
}

function sourceSettings(source: KafkaSource) {
  const { consumerGroup, consumers, keyType, ordering, delivery, sink } = source
  return {
    consumerGroup,
    consumers,
    keyType,
    ordering,
    address: address(sink),
    filters: [],
    ...deliverySettings(delivery)
  }
}

function triggerSettings(trigger: Trigger | undefined) {
  if (trigger === undefined) return undefined
  const { ordering, delivery, subscriber, filters } = trigger
  // The recording's cluster had a template of its own for the names of groups. A Trigger has one consumer.
  const consumerGroup = `cp-${trigger.consumerGroup}`
  return {
    consumerGroup,
    consumers: 1,
    keyType: 'string',
    ordering,
    address: address(subscriber),
    filters: (filters ?? []).map(dialect),
    ...deliverySettings(delivery)
  }
}

/** Without retries the policy and the delay are of no account. */
function deliverySettings({ retry, backoffPolicy, backoffDelayMs, timeoutMs, deadLetterSink }: Delivery) {
  return { retry, timeoutMs, deadLetter: address(deadLetterSink), ...(retry > 0 && { backoffPolicy, backoffDelayMs }) }
}

function recordedSettings(egress: Egress | undefined, kind: string) {
  const { retry = 0, backoffPolicy, backoffDelay, timeout, deadLetter } = egress?.egressConfig ?? {}
  return {
    consumerGroup: egress?.consumerGroup,
    consumers: kind === 'trigger' ? 1 : egress?.vReplicas,
    keyType: keyTypeOf(egress?.keyType),
    ordering: egress?.deliveryOrder === 'ORDERED' ? 'ordered' : 'unordered',
    address: egress?.destination,
    filters: egress?.dialectedFilter ?? [],
    retry,
    timeoutMs: Number(timeout ?? 600_000),
    deadLetter,
    ...(retry > 0 && {
      backoffPolicy: backoffPolicy === 'Linear' ? 'linear' : 'exponential',
      backoffDelayMs: Number(backoffDelay ?? 0)
    })
  }
}

/** The addresses of the recording's cluster. */
function address(destination: Destination | undefined): string | undefined {
  const { ref, uri } = destination ?? {}
  if (ref === undefined) return uri
  const base =
    ref.kind === 'Broker'
      ? `http://kafka-broker-ingress.knative-eventing.svc.cluster.local/${ref.namespace}/${ref.name}`
      : `http://127.0.0.1:18099/${ref.name}`
  return uri === undefined ? base : new URL(uri, base).href
}

function keyTypeOf(recorded: string | undefined): KafkaSource['keyType'] {
  if (recorded === 'Integer') return 'int'
  if (recorded === 'Double') return 'float'
  return recorded === 'ByteArray' ? 'byte-array' : 'string'
}

function dialect(filter: TriggerFilter): unknown {
  const attributes = (map: Readonly<Record<string, string>> | undefined) => map && { attributes: map }
  const list = (filters: readonly TriggerFilter[] | undefined) => filters && { filters: filters.map(dialect) }
  return {
    ...(filter.exact && { exact: attributes(filter.exact) }),
    ...(filter.prefix && { prefix: attributes(filter.prefix) }),
    ...(filter.suffix && { suffix: attributes(filter.suffix) }),
    ...(filter.all && { all: list(filter.all) }),
    ...(filter.any && { any: list(filter.any) }),
    ...(filter.not && { not: { filter: dialect(filter.not) } }),
    ...(filter.cesql !== undefined && { cesql: { expression: filter.cesql } })
  }
}
